/*
 * Integers in the bytes of an image. Files are read byte by byte, so alignment and the
 * order of the machine never matter; compilers make one load of each of these.
 */
#ifndef STW_LIBSTW_BYTES_H
#define STW_LIBSTW_BYTES_H

#include "base/attr.h"

/* Little-endian: everything but keys. */
static inline uint16_t stw_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t stw_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t stw_le64(const uint8_t *p)
{
	return (uint64_t)stw_le32(p) | (uint64_t)stw_le32(p + 4) << 32;
}

/* Big-endian: keys and addresses, so that the order of bytes is the order of numbers. */
static inline uint16_t stw_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t stw_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t stw_be64(const uint8_t *p)
{
	return (uint64_t)stw_be32(p) << 32 | (uint64_t)stw_be32(p + 4);
}

static inline void stw_put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void stw_put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void stw_put_be64(uint8_t *p, uint64_t v)
{
	stw_put_be32(p, (uint32_t)(v >> 32));
	stw_put_be32(p + 4, (uint32_t)v);
}

static inline void stw_put_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline void stw_put_le64(uint8_t *p, uint64_t v)
{
	stw_put_le32(p, (uint32_t)v);
	stw_put_le32(p + 4, (uint32_t)(v >> 32));
}

#endif
