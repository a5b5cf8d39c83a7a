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

void suggest_offer(struct suggestion *s, struct str candidate)
{
	size_t limit = s->word.n < 6 ? 1 : s->word.n / 3;
	size_t longer = candidate.n > s->word.n ? candidate.n : s->word.n;
	size_t shorter = candidate.n + s->word.n - longer;
	size_t d;

	/* with nothing in common it is another word, however short both are */
	if (longer > WORD_MAX || longer - shorter > limit || shorter == 0)
		return;
	d = distance(s->word, candidate);
	if (d > limit || d >= longer || d >= s->distance)
		return;
	s->best = candidate;
	s->distance = d;
}
