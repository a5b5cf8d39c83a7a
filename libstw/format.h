/*
 * The on-disk contract: every constant and limit of an image, shared by the compiler that
 * writes it and the daemon that maps it. doc/format.md says the same in words; a change here
 * that an older stwd would misread raises STW_FORMAT.
 *
 *   file     := store, secrets, manifest, footer
 *   store    := an LMDB 0.9 environment; a whole number of pages
 *   secrets  := inline secrets back to back; absent in an image without them
 *   manifest := see below; str := length u32, bytes
 *   footer   := platform and lengths, then a tail that keeps its place in every format
 *
 * All integers are little-endian, except in keys, which are big-endian.
 */
#ifndef STW_LIBSTW_FORMAT_H
#define STW_LIBSTW_FORMAT_H

#include <stdint.h>

#define STW_FORMAT 1u
/* Raised when a number of ids.lock changes its meaning (it never should). */
#define STW_SCHEMA_MAJOR 1u

/*
 * footer := word size in bytes u8, byte order u8 (1: little-endian), zero u16, page size u32,
 *           store u64, secrets u64, manifest u64 (lengths in bytes),
 *           tail
 * tail   := footer length u32 (tail included), format u32, magic, digest
 *
 * digest := SHA-256(SHA-256(chunk)*, manifest, footer up to the digest), where the chunks are the
 *           store and the secrets cut into pieces of STW_CHUNK_SIZE; the last may be shorter.
 */
#define STW_MAGIC "stwimage"
#define STW_MAGIC_SIZE 8u
#define STW_DIGEST_SIZE 32u
#define STW_TAIL_SIZE (4u + 4u + STW_MAGIC_SIZE + STW_DIGEST_SIZE)
#define STW_FOOTER_SIZE (8u + 3u * 8u + STW_TAIL_SIZE)
#define STW_CHUNK_SIZE (1024u * 1024u)
#define STW_LITTLE_ENDIAN 1u

/*
 * manifest := schema major u32, schema version str, schema digest (32 bytes), builder str,
 *             revision str, content digest (32 bytes),
 *             source count u32, (name str, digest)*,
 *             type count u32, (structure u16, objects u64, content digest)* by structure
 */
#define STW_LIMIT_MANIFEST (64u * 1024u * 1024u)
#define STW_LIMIT_SOURCES 1000000u
#define STW_LIMIT_TYPES 65535u

/*
 * Tables of the store. Keys are big-endian, so that a type is one range.
 *
 *   records    structure u16, id u64   ->  object
 *   names      structure u16, name     ->  id u64 (the natural keys)
 *   referrers  target structure u16, id u64, referring structure u16, id u64 -> nothing
 *   origins    structure u16, id u64   ->  origin of the object, then of its fields
 *   schema     1 u8, structure u16     ->  shape of a structure
 *              2 u8, enum name         ->  members
 *   defaults   structure u16           ->  record
 *   packed     structure u16           ->  address table
 *   tables     name                    ->  compiled table
 *
 *   object := variant u16, identity str, client id str, record
 *   name   := the identity when it is at most STW_NAME_WHOLE bytes, else its first
 *             STW_NAME_PREFIX bytes and the SHA-256 of all of it
 *   origin := source u32, line u32;  of a field: number u16, source u32, line u32, ascending
 */
#define STW_TABLE_RECORDS "records"
#define STW_TABLE_NAMES "names"
#define STW_TABLE_REFERRERS "referrers"
#define STW_TABLE_ORIGINS "origins"
#define STW_TABLE_SCHEMA "schema"
#define STW_TABLE_DEFAULTS "defaults"
#define STW_TABLE_PACKED "packed"
#define STW_TABLE_TABLES "tables"
#define STW_TABLE_COUNT 8u

#define STW_OBJECT_KEY_SIZE 10u
#define STW_REFERRER_KEY_SIZE 20u
#define STW_ORIGIN_SIZE 8u
#define STW_FIELD_ORIGIN_SIZE 10u
#define STW_NAME_WHOLE 400u
#define STW_NAME_PREFIX (STW_NAME_WHOLE - STW_DIGEST_SIZE)
#define STW_NAME_KEY_SIZE (2u + STW_NAME_WHOLE)

/*
 * Shapes: what dump and verify need to know about a structure, so that any stwc can read the
 * image of another.
 *
 *   structure := name str, kind u8 (stw_shape_kind), count u16, (field | variant)*
 *   field     := number u16, name str, type
 *   variant   := number u16, name str, body structure u16 (0: no fields)
 *   type      := kind u8 (stw_kind), flags u8, then by kind:
 *                REFERENCE, OBJECT: structure u16;  ENUM: enum name str;
 *                LIST, SET: element type;  MAP: key type, element type
 *   members   := count u16, (number u16, name str)*
 */
#define STW_SCHEMA_STRUCTURE 1u
#define STW_SCHEMA_ENUM 2u
#define STW_TYPE_NULLABLE 1u

enum stw_shape_kind { STW_SHAPE_SINGLE = 0, STW_SHAPE_UNION = 1 };

enum stw_kind {
	STW_KIND_BOOLEAN = 1,
	STW_KIND_UNSIGNED = 2,
	STW_KIND_INTEGER = 3,
	STW_KIND_FLOAT = 4,
	STW_KIND_SIZE = 5,
	STW_KIND_DURATION = 6,
	STW_KIND_STRING = 7, /* every textual type that is no secret */
	STW_KIND_SECRET = 8,
	STW_KIND_ADDRESS = 9,
	STW_KIND_NETWORK = 10,
	STW_KIND_SOCKET = 11,
	STW_KIND_DATE = 12,
	STW_KIND_REFERENCE = 13,
	STW_KIND_ENUM = 14,
	STW_KIND_OBJECT = 15,
	STW_KIND_LIST = 16,
	STW_KIND_SET = 17,
	STW_KIND_MAP = 18
};

/*
 * The compiled table "listeners": every listening address, sorted by family, address and port,
 * so that the sockets of two generations are matched by one walk.
 *
 *   listeners := structure u16 of the listener type, bind*
 *   bind  := family u8 (4 or 6), address (16 bytes, IPv4 in the first four), port u16 big-endian,
 *            listener id u64
 */
#define STW_TABLE_LISTENERS "listeners"
#define STW_BIND_SIZE (1u + 16u + 2u + 8u)

/*
 * The address table: a packed type as columns, IPv4 apart from IPv6.
 *
 *   table   := magic u32, content length u32, IPv4 count u32, IPv6 count u32,
 *              place[2][STW_COLUMN_COUNT] (IPv4, then IPv6), columns, then the origins
 *   place   := offset u32 from the start of the table, count u32 of values (0: no such column)
 *
 * Bytes up to the content length are content: what the content digest covers. Behind them
 * lie the origins, with a directory of their own and offsets from the same start.
 *
 *   origins := place[2][STW_ORIGIN_COLUMN_COUNT], columns
 *
 * A full column has a value for each entry. A sparse one begins with a block per
 * STW_BLOCK_ENTRIES entries, (values before this block u32, presence bits 64 bytes, lowest bit
 * first), then holds the values of the entries that have one.
 */
#define STW_PACKED_MAGIC 0x41777473u /* "stwA" */
#define STW_BLOCK_ENTRIES 512u
#define STW_BLOCK_SIZE (4u + STW_BLOCK_ENTRIES / 8u)
/* IPv6: every so many entries the base is repeated in the column of samples. */
#define STW_SAMPLE_STEP 64u
/* IPv4: bits of an address that choose a bucket of the index; enough for this many entries in a
 * bucket of an even table. Smaller tables have no index. */
#define STW_INDEX_BITS_MAX 16u
#define STW_INDEX_BUCKET 16u

enum stw_column {
	STW_COLUMN_BASE,    /* full: network address, host bits cleared, big-endian */
	STW_COLUMN_SAMPLE,  /* IPv6: base of entry 0, 64, 128, ... */
	STW_COLUMN_INDEX,   /* IPv4: u32, entries below each bucket; 2^bits + 1 of them, or none */
	STW_COLUMN_PREFIX,  /* full: u8 */
	STW_COLUMN_PARENT,  /* sparse: u32, nearest strictly wider entry; below own index */
	STW_COLUMN_WRITTEN, /* sparse: address as written, where it has host bits */
	STW_COLUMN_REASON,  /* sparse: u16 enum member */
	STW_COLUMN_EXPIRES, /* sparse: i64 seconds since the epoch */
	STW_COLUMN_CREATED, /* sparse: i64 */
	STW_COLUMN_NOTE,    /* sparse: offset u32, length u32 into the text */
	STW_COLUMN_NULL_EXPIRES, /* sparse, no values: set to null on purpose */
	STW_COLUMN_NULL_NOTE,    /* sparse, no values */
	STW_COLUMN_TEXT,         /* bytes of the notes */
	STW_COLUMN_COUNT
};

enum stw_origin_column {
	STW_ORIGIN_LINE,   /* full: u32 */
	STW_ORIGIN_SOURCE, /* sparse: u32; an entry without one has the family's usual source */
	STW_ORIGIN_USUAL,  /* one u32: the usual source */
	STW_ORIGIN_COLUMN_COUNT
};

#define STW_PACKED_HEADER_SIZE (16u + 2u * 8u * STW_COLUMN_COUNT)
#define STW_ORIGINS_HEADER_SIZE (2u * 8u * STW_ORIGIN_COLUMN_COUNT)

/* Limits, the same for compiler and daemon; the compiler warns at 80 %. */
#define STW_LIMIT_PACKED 67108864u              /* entries of one packed type */
#define STW_LIMIT_OBJECTS 16777216u             /* objects that are not packed */
#define STW_LIMIT_RECORD (64u * 1024u * 1024u)  /* bytes of one object */
#define STW_LIMIT_SECRETS (64u * 1024u * 1024u) /* bytes of all inline secrets */
#define STW_LIMIT_STORE (UINT64_C(16) << 30)    /* bytes of the store */
#define STW_LIMIT_THREADS 256u                  /* threads of a role; above, they only cost */
#define STW_LIMIT_DEPTH 64u                     /* nested values in one record */

#endif
