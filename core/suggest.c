#include "core/suggest.h"

#include <stdint.h>

/* Names of objects, fields and variants are far shorter; longer words get no suggestion. */
#define WORD_MAX 64

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(char a, char b)
{
	return lower(a) == lower(b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The "optimal string alignment" distance: three rows of the table of prefixes are enough.
 * Both words are at most WORD_MAX long. */
static size_t distance(struct str a, struct str b)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t d = above[j - 1] + !same(a.p[i - 1], b.p[j - 1]);

			d = least(d, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a.p[i - 1], b.p[j - 2]) &&
			    same(a.p[i - 2], b.p[j - 1]))
				d = least(d, above2[j - 2] + 1);
			row[j] = d;
		}
	}
	return rows[a.n % 3][b.n];
}

void suggest_start(struct suggestion *s, struct str word)
{
	*s = (struct suggestion){.word = word, .best = STR_NONE, .distance = SIZE_MAX};
}

static bool is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool is_part_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

/* Does a word of a name begin here: after something that belongs to none, or with a capital? */
static bool begins_part(struct str s, size_t at)
{
	return is_part_char(s.p[at]) &&
	       (at == 0 || !is_part_char(s.p[at - 1]) ||
		(lower(s.p[at]) != s.p[at] && lower(s.p[at - 1]) == s.p[at - 1]));
}

static size_t part_length(struct str s, size_t at)
{
	size_t end = at + 1;

	while (end < s.n && is_part_char(s.p[end]) && !begins_part(s, end))
		end++;
	return end - at;
}

/* Where a word of the candidate begins with the part; SIZE_MAX: nowhere. Two letters are not enough
 * to be a beginning. */
static size_t find_part(struct str part, struct str candidate)
{
	size_t at, i;

	for (at = 0; at + part.n <= candidate.n; at++) {
		if (!begins_part(candidate, at))
			continue;
		for (i = 0; i < part.n && same(part.p[i], candidate.p[at + i]); i++)
			;
		if (i == part.n && (part.n > 2 || part_length(candidate, at) == part.n))
			return at;
	}
	return SIZE_MAX;
}

/* How much more than the words of the word the candidate has; SIZE_MAX: it lacks one of them. */
static size_t strangeness(struct str word, struct str candidate)
{
	size_t at = 0, end = 0, found = SIZE_MAX;

	while (at < word.n) {
		size_t n = is_part_char(word.p[at]) ? part_length(word, at) : 0;

		if (n) {
			found = find_part((struct str){word.p + at, n}, candidate);
			if (found == SIZE_MAX)
				return SIZE_MAX;
			end = found + part_length(candidate, found);
		}
		at += n ? n : 1;
	}
	return found == SIZE_MAX ? SIZE_MAX : candidate.n + (end == candidate.n ? 0 : WORD_MAX);
}

static void offer_akin(struct suggestion *s, struct str candidate)
{
	size_t strange;

	if (s->distance != SIZE_MAX || s->word.n < 3 || candidate.n > WORD_MAX)
		return;
	strange = strangeness(s->word, candidate);
	if (strange == SIZE_MAX || (s->best.n && strange >= s->strange))
		return;
	s->best = candidate;
	s->strange = strange;
}

void suggest_offer(struct suggestion *s, struct str candidate)
{
	size_t limit = s->word.n < 6 ? 1 : s->word.n / 3;
	size_t longer = candidate.n > s->word.n ? candidate.n : s->word.n;
	size_t shorter = candidate.n + s->word.n - longer;
	size_t d = SIZE_MAX;

	/* with nothing in common it is another word, however short both are */
	if (longer <= WORD_MAX && longer - shorter <= limit && shorter)
		d = distance(s->word, candidate);
	if (d > limit || d >= longer) {
		offer_akin(s, candidate);
		return;
	}
	if (d >= s->distance)
		return;
	s->best = candidate;
	s->distance = d;
}
