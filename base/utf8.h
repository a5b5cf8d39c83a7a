/* Strict UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF. */
#ifndef STW_BASE_UTF8_H
#define STW_BASE_UTF8_H

#include "base/attr.h"
#include "base/str.h"

/* Bytes up to the first invalid sequence; s.n when all of it is valid. */
size_t utf8_valid_prefix(struct str s);
/* Decodes one code point at s.p (s.n > 0); its length in bytes, or 0 when invalid. */
size_t utf8_decode(struct str s, uint32_t *out);
/* Encodes into out[4]; the length, or 0 for a surrogate or a value above U+10FFFF. */
size_t utf8_encode(uint32_t code_point, char out[4]);
/* Number of code points; each invalid byte counts as one. */
size_t utf8_count(struct str s);
/* True for the code points with the Unicode property White_Space. */
bool utf8_is_space(uint32_t code_point);
/* The lower or upper case of a code point, or itself, as UTF-8: up to three code points (ß becomes
 * SS). Its bytes; 0 where utf8_encode has none. */
#define UTF8_CASE_SIZE 12
size_t utf8_lower(uint32_t code_point, char out[UTF8_CASE_SIZE]);
size_t utf8_upper(uint32_t code_point, char out[UTF8_CASE_SIZE]);

#endif
