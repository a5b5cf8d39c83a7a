/* "did you mean": the nearest of some names by edit distance, or one made of the same words. */
#ifndef STW_CORE_SUGGEST_H
#define STW_CORE_SUGGEST_H

#include "base/attr.h"
#include "base/str.h"

struct suggestion {
	struct str word;
	struct str best;
	size_t distance; /* of best; SIZE_MAX where it is akin by its words alone */
	size_t strange;  /* then: how much else it has */
};

/* Feed every candidate, then read .best (empty: nothing is near enough). Distance counts
 * insertions, deletions, substitutions and transpositions of neighbours, ignoring ASCII case;
 * near enough is at most a third of the word's length, at least 1. Where none is, a candidate that
 * has every word of the word will do ("relay" for allowRelaying, "tls.timeout" for tlsTimeout): one
 * that ends with its last word, then the shortest. Ties: the first one. */
void suggest_start(struct suggestion *s, struct str word);
void suggest_offer(struct suggestion *s, struct str candidate);

#endif
