/*
 * The compiled table "discovery": what the clients of the domains are told, ready to be copied. The
 * web role finds the host of a request and the kind of document, and copies its pieces; only where
 * a piece says so, something of the request stands between them.
 *
 *   discovery := host count u32, document count u32, host*, place*, names and documents
 *   host      := name offset u32, name length u16, flags u16, document u32 for each kind
 *   place     := offset u32, length u32: where a document lies
 *   document  := piece*
 *   piece     := kind u8, then for TEXT: str
 *
 * Hosts ascend by name, which is in lower case and without the dot at the end; offsets count from
 * the start of the table. A document is its number + 1, or 0 where there is none. A SERVER is a
 * host of the server itself: it has no documents, and the address decides. All integers are
 * little-endian.
 */
#ifndef STW_LIBSTW_DISCOVERY_H
#define STW_LIBSTW_DISCOVERY_H

#include "libstw/scan.h"

#define STW_TABLE_DISCOVERY "discovery"

enum stw_document {
	STW_DOCUMENT_AUTOCONFIG,        /* Mozilla's XML, version 1.1 */
	STW_DOCUMENT_AUTODISCOVER,      /* Outlook's XML ("POX") */
	STW_DOCUMENT_AUTODISCOVER_JSON, /* its version 2, which leads to the other */
	STW_DOCUMENT_PACC,
	STW_DOCUMENT_MTA_STS, /* RFC 8461 section 3.2 */
	STW_DOCUMENT_COUNT
};

/* Parts of the request come escaped for XML. */
enum stw_piece_kind {
	STW_PIECE_TEXT = 1,
	STW_PIECE_DOMAIN = 2,   /* of the host of the table, in A-labels: no escape is needed */
	STW_PIECE_ADDRESS = 3,  /* the user's */
	STW_PIECE_LOCAL = 4,    /* what stands before its @ */
	STW_PIECE_HOSTNAME = 5, /* what the host calls itself, where no name is configured */
	STW_PIECE_KINDS
};

#define STW_DISCOVERY_HEADER_SIZE 8u
#define STW_DISCOVERY_HOST_SIZE (8u + 4u * STW_DOCUMENT_COUNT)
#define STW_DISCOVERY_PLACE_SIZE 8u
#define STW_DISCOVERY_SERVER 1u /* flag */

/* Limits, the same for compiler and daemon. */
#define STW_LIMIT_DISCOVERY_NAME 253u
#define STW_LIMIT_DISCOVERY_DOCUMENT 65536u /* bytes of one, before anything is filled in */

struct stw_discovery {
	struct stw_bytes table;
	uint32_t hosts, documents;
};

struct stw_discovery_host {
	struct str name;
	bool server;
	uint32_t documents[STW_DOCUMENT_COUNT]; /* number + 1, 0: none */
};

struct stw_piece {
	enum stw_piece_kind kind;
	struct str text;
};

/* Checks every byte of the table; an empty one has no hosts. NULL: *out can be used as long as the
 * bytes last; else what is wrong with them. */
const char *stw_discovery_open(struct stw_bytes table, struct stw_discovery *out) WARN_UNUSED;
struct stw_image;
/* That of an image, which was checked when it was opened; as long as the image is open. */
const struct stw_discovery *stw_image_discovery(const struct stw_image *image);
/* The host of that name. False: it is none of ours. */
bool stw_discovery_find(const struct stw_discovery *discovery, struct str name,
			struct stw_discovery_host *out);
/* A document of a host, for stw_piece_next. False: it has none of that kind. */
bool stw_discovery_document(const struct stw_discovery *discovery,
			    const struct stw_discovery_host *host, enum stw_document kind,
			    struct stw_scan *out);
/* The next piece. False: the end, or damage, which the scan then says. */
bool stw_piece_next(struct stw_scan *scan, struct stw_piece *out);

/* What the pieces of a document stand for. */
struct stw_document_values {
	struct str domain, address, hostname;
};

/* Appends a document with its pieces filled in. */
void stw_document_put(struct stw_scan document, const struct stw_document_values *values,
		      struct buf *out);

#endif
