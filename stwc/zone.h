/*
 * The DNS zone that a configuration implies: records as data, made once. zone.c has the essay;
 * writers (zone_write.c) and the comparison with an older zone (zone_read.c) use nothing but this
 * list. Nothing here prints, asks the DNS or looks at a clock.
 */
#ifndef STW_STWC_ZONE_H
#define STW_STWC_ZONE_H

#include "stwc/services.h"

enum zone_type {
	ZONE_SOA,
	ZONE_NS,
	ZONE_A,
	ZONE_AAAA,
	ZONE_MX,
	ZONE_CNAME,
	ZONE_TXT,
	ZONE_SRV,
	ZONE_CAA,
	ZONE_TLSA,
	ZONE_TYPE_COUNT
};

/* Why a record is there: DnsRecordType of the reference, and what every zone needs. Records are
 * written in this order. */
enum zone_kind {
	ZONE_AUTHORITY, /* SOA and NS */
	ZONE_HOSTS,     /* A and AAAA */
	ZONE_KIND_MX,
	ZONE_SPF,
	ZONE_DKIM,
	ZONE_DMARC,
	ZONE_TLS_RPT,
	ZONE_MTA_STS,
	ZONE_KIND_SRV,
	ZONE_AUTO_CONFIG,
	ZONE_AUTO_CONFIG_LEGACY,
	ZONE_AUTO_DISCOVER,
	ZONE_KIND_CAA,
	ZONE_KIND_TLSA,
	ZONE_KIND_COUNT
};

struct zone_record {
	enum zone_kind kind;
	enum zone_type type;
	struct str owner; /* absolute, in lower case, A-labels, without the last dot */
	uint32_t ttl;     /* seconds */
	struct str rdata; /* as RFC 1035 section 5.1 writes it; names are absolute, with a dot */
	struct str text;  /* ZONE_TXT: the whole text, not cut into strings; else empty */
};

/* Something to say about the zone. */
struct zone_remark {
	bool fatal; /* there is no zone because of it */
	struct str text;
};

/* --address [NAME=]IP; an empty name stands for the hosts that the configuration itself serves. */
struct zone_address {
	struct str name;
	struct net_addr addr;
};

struct zone_request {
	struct str domain; /* as given; empty: the only one there is */
	struct str origin; /* --origin: the zone that it lies in; empty: what the Domain says */
	const struct zone_address *addresses;
	size_t address_count;
	const struct str *servers; /* --ns; none: ns1 of the zone */
	size_t server_count;
	bool authority;             /* without --ns too: a zone of its own wants SOA and NS */
	const char *const *issuers; /* --caa, in the place of that of the AcmeProvider */
	size_t issuer_count;
	bool tlsa;
	uint32_t skip; /* kinds that are left out, a bit each */
};

struct zone {
	struct view *view;
	struct zone_request request;
	struct services services;
	const struct object *domain_object;
	bool alias;         /* the domain is one of its aliases */
	uint32_t kinds;     /* what is published, a bit each */
	uint32_t ttl;       /* seconds */
	struct str domain;  /* A-labels */
	struct str origin;  /* the zone that the records lie in: the domain, or one above it */
	struct str primary; /* SOA MNAME */
	struct str policy;  /* the document of MTA-STS; empty: none is published */
	struct zone_record *records;
	size_t count, cap;
	struct zone_remark *remarks;
	size_t remark_count, remark_cap;
	struct zone_host {
		struct str name;
		bool own;   /* served by this configuration */
		bool wrong; /* no record can name it, as a remark says */
	} * hosts;
	size_t host_count, host_cap;
	bool failed; /* out of memory, or the image is damaged (view->fault) */
};

/* Makes the records of the domain, SOA excepted, in the arena of the view. What keeps the zone from
 * being right is a fatal remark; all of them are found in one run. False: out of memory, or a
 * damaged image. zone_free in every case. */
bool zone_make(struct view *view, const struct zone_request *request, struct zone *out) WARN_UNUSED;
void zone_free(struct zone *zone);
bool zone_has_fatal(const struct zone *zone);
/* Orders the records and puts the SOA before them. */
bool zone_finish(struct zone *zone, uint32_t serial) WARN_UNUSED;
/* Holds the list against the rules of RFC 1034 section 3.6.2, RFC 2181 section 10 and RFC 2782: an
 * alias stands alone and is not its own target; what MX, NS and SRV name is no alias. Fatal
 * remarks. */
void zone_verify(struct zone *zone);

const char *zone_type_word(enum zone_type type);
/* "mtaSts", as DnsRecordType has it; NULL: it has none. */
const char *zone_kind_word(enum zone_kind kind);
/* "mail exchangers", for people. */
const char *zone_kind_title(enum zone_kind kind);
bool zone_kind_find(struct str word, enum zone_kind *out);

/* ---- for the files that make records ---- */

void zone_add(struct zone *zone, enum zone_kind kind, enum zone_type type, struct str owner,
	      const char *rdata, ...) PRINTF_LIKE(5, 6);
void zone_add_text(struct zone *zone, enum zone_kind kind, struct str owner, struct str text);
void zone_remark(struct zone *zone, bool fatal, const char *format, ...) PRINTF_LIKE(3, 4);
/* "PREFIX.NAME" in the arena. */
struct str zone_join(struct zone *zone, const char *prefix, struct str name);
bool zone_wants(const struct zone *zone, enum zone_kind kind);
/* Is the name the origin or below it? */
bool zone_contains(const struct zone *zone, struct str name);
/* "mail.toml:3: " of a field of an object, or of the whole where it is NULL; empty: not known. In
 * the arena. */
struct str zone_place(struct zone *zone, const struct object *object, const char *field);
/* The value of a field, explicit or by default. */
const struct value *zone_value(const struct zone *zone, const struct value_object *body,
			       const char *field);
struct str zone_text(const struct zone *zone, const struct value_object *body, const char *field);
bool zone_flag(const struct zone *zone, const struct value_object *body, const char *field);
/* The object in a field; NULL: none. */
const struct value_object *zone_object(const struct zone *zone, const struct value_object *body,
				       const char *field);
/* The body of a singleton, written or not. False: the reference has no such type. */
bool zone_singleton(const struct zone *zone, const char *type,
		    struct value_object *out) WARN_UNUSED;
/* The next object of the type from *at on; NULL: no more. */
const struct object *zone_next(const struct zone *zone, const char *type, size_t *at);
/* A host that records name: refused where others cannot find it (RFC 5321 section 5.1), given an
 * address where it lies in the zone. `what` says who names it. False: a remark was made. */
bool zone_use_host(struct zone *zone, struct str host, bool own, const char *what);
/* Is the host one that this configuration serves? */
bool zone_is_own(const struct zone *zone, struct str host);
/* The host that an MX, NS, SRV or CNAME record names, without its dot; a part of the data. */
struct str zone_record_target(const struct zone_record *record);
/* "_imaps._tcp", under which SRV records announce a service; NULL: it has no such name. */
const char *zone_service_label(const struct service *service);
/* The web server, where it serves https://NAME/ at its port; NULL: none does. */
const struct service *zone_web(const struct zone *zone);
/* An alias of the web server, unless the name has addresses of its own. */
void zone_add_alias(struct zone *zone, enum zone_kind kind, const char *label);
/* Domain.reportAddressUri as a whole URI; empty: no reports are wanted. */
struct str zone_report_uri(struct zone *zone);

/* zone_policy.c: SPF, DMARC, TLS reporting, MTA-STS */
void zone_make_policies(struct zone *zone);
/* zone_keys.c: DKIM, CAA, TLSA */
void zone_make_keys(struct zone *zone);

/* ---- text ---- */

/* A TXT text as quoted strings of at most 255 bytes (RFC 1035 section 3.3.14). */
void zone_put_text(struct buf *out, struct str text);
/* False: a label or the whole is empty or too long, or has other than letters, digits, '-' and
 * '_'. */
bool zone_name_valid(struct str name);

/* ---- writers ---- */

/* A writer by its word: bind, nsupdate, json, terraform, or policy (the document of MTA-STS alone).
 * False: there is none. */
bool zone_format_find(struct str word, size_t *out);
/* Does it write a zone of its own, so that SOA and NS are wanted? */
bool zone_format_whole(size_t format);
/* `old`: the records of the older zone, for nsupdate; may be NULL. */
struct zone_old;
void zone_write(const struct zone *zone, const struct zone_old *old, size_t format,
		struct buf *out);

/* ---- an older zone ---- */

struct zone_old {
	struct zone_record *records; /* kind is not known; SOA is not among them */
	size_t count, cap;
	uint32_t serial;
	bool has_serial;
	struct str origin;  /* the owner of the SOA; empty: it has none */
	struct str foreign; /* a word for a record of a type that is not made here; empty: none */
	char fault[160];
};

/* Reads a zone file (RFC 1035 section 5.1), whoever wrote it, or what --to json gave. `origin` is
 * that of the zone until a line says another. $INCLUDE is refused. Names and texts are in `arena`.
 * False: old->fault says where it is no zone. */
bool zone_old_read(struct arena *arena, const struct hash_key *key, struct str origin,
		   struct str text, struct zone_old *old) WARN_UNUSED;
void zone_old_free(struct zone_old *old);
/* Is a record of one not in the other? The SOA and its serial are not compared. */
bool zone_changed(const struct zone *zone, const struct zone_old *old);
/* Does the new zone lack the older record, at whatever time to live? Where it is no zone of its own
 * (`whole` is false), name servers and their addresses are not its to take away. */
bool zone_drops(const struct zone *zone, const struct zone_old *old,
		const struct zone_record *record, bool whole);
/* YYYYMMDDnn (RFC 1912 section 2.2): the old one where nothing changed, else the first of the day,
 * or the one behind the old where that is further on (RFC 1982). `old` may be NULL. */
uint32_t zone_serial(const struct zone *zone, const struct zone_old *old, int64_t now);

#endif
