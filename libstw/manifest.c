#include "libstw/manifest.h"

#include <stdlib.h>

#include "libstw/bytes.h"
#include "libstw/fault.h"
#include "libstw/scan.h"

void stw_manifest_encode(const struct stw_manifest *m, struct buf *out)
{
	buf_put_u32(out, STW_SCHEMA_MAJOR);
	stw_put_str(out, m->schema_version);
	buf_put(out, m->schema_digest.b, DIGEST_SIZE);
	stw_put_str(out, m->builder);
	stw_put_str(out, m->revision);
	buf_put(out, m->content.b, DIGEST_SIZE);
	buf_put_u32(out, (uint32_t)m->source_count);
	for (size_t i = 0; i < m->source_count; i++) {
		stw_put_str(out, m->sources[i].name);
		buf_put(out, m->sources[i].digest.b, DIGEST_SIZE);
	}
	buf_put_u32(out, (uint32_t)m->type_count);
	for (size_t i = 0; i < m->type_count; i++) {
		buf_put_u16(out, m->types[i].structure);
		buf_put_u64(out, m->types[i].objects);
		buf_put(out, m->types[i].content.b, DIGEST_SIZE);
	}
}

static bool take_digest(struct stw_scan *scan, struct digest *out)
{
	const uint8_t *p = stw_scan_take(scan, DIGEST_SIZE);

	if (p)
		memcpy(out->b, p, DIGEST_SIZE);
	return p != NULL;
}

static struct str take_str(struct stw_scan *scan, struct arena *arena)
{
	struct str s = arena_str(arena, stw_scan_str(scan));

	if (!s.p)
		scan->damaged = true; /* or out of memory: the arena says so */
	return s;
}

/* The count of members that take at least `size` bytes each; 0 when that many cannot follow. */
static size_t take_count(struct stw_scan *scan, size_t size, size_t limit)
{
	size_t n = stw_scan_u32(scan);

	if (n > limit || n > stw_scan_left(scan) / size) {
		scan->damaged = true;
		return 0;
	}
	return n;
}

static void take_sources(struct stw_scan *scan, struct arena *arena, struct stw_manifest *out)
{
	size_t n = take_count(scan, 4 + DIGEST_SIZE, STW_LIMIT_SOURCES);
	struct stw_source *sources = ARENA_ARRAY(arena, struct stw_source, n);

	for (size_t i = 0; sources && !scan->damaged && i < n; i++) {
		sources[i].name = take_str(scan, arena);
		if (!take_digest(scan, &sources[i].digest))
			return;
	}
	out->sources = sources;
	out->source_count = n;
}

static void take_types(struct stw_scan *scan, struct arena *arena, struct stw_manifest *out)
{
	size_t n = take_count(scan, 2 + 8 + DIGEST_SIZE, STW_LIMIT_TYPES);
	struct stw_type_summary *types = ARENA_ARRAY(arena, struct stw_type_summary, n);

	for (size_t i = 0; types && !scan->damaged && i < n; i++) {
		types[i].structure = stw_scan_u16(scan);
		types[i].objects = stw_scan_u64(scan);
		if (!take_digest(scan, &types[i].content))
			return;
		if (i > 0 && types[i].structure <= types[i - 1].structure)
			scan->damaged = true;
	}
	out->types = types;
	out->type_count = n;
}

static bool check_schema(uint32_t major, struct str version, struct stw_fault *fault)
{
	if (major == STW_SCHEMA_MAJOR)
		return true;
	return stw_fault_set(
		fault, STW_OTHER_SCHEMA,
		"the image was built from schema %.*s, generation %u; this program has "
		"generation %u: run stwc build again",
		STR_ARG(version), (unsigned)major, STW_SCHEMA_MAJOR);
}

bool stw_manifest_decode(struct stw_bytes bytes, struct arena *arena, struct stw_manifest *out,
			 struct stw_fault *fault)
{
	struct stw_scan scan = stw_scan_of(bytes);
	struct stw_manifest m = {.format = STW_FORMAT};
	uint32_t major = stw_scan_u32(&scan);

	m.schema_version = take_str(&scan, arena);
	if (!scan.damaged && !check_schema(major, m.schema_version, fault))
		return false;
	(void)take_digest(&scan, &m.schema_digest); /* the scan remembers damage */
	m.builder = take_str(&scan, arena);
	m.revision = take_str(&scan, arena);
	(void)take_digest(&scan, &m.content);
	take_sources(&scan, arena, &m);
	take_types(&scan, arena, &m);
	if (arena->failed)
		return stw_fault_set(fault, STW_SYSTEM, "out of memory");
	if (scan.damaged || stw_scan_left(&scan) != 0)
		return stw_fault_set(fault, STW_DAMAGED,
				     "the manifest of the image is damaged; run stwc build again");
	*out = m;
	return true;
}

/* Reads the manifest's bytes into malloc'ed memory. */
static uint8_t *load_bytes(int fd, const struct stw_footer *footer, struct stw_fault *fault)
{
	uint8_t *bytes = malloc(footer->manifest ? (size_t)footer->manifest : 1);

	if (!bytes) {
		stw_fault_set(fault, STW_SYSTEM, "out of memory");
		return NULL;
	}
	if (!stw_read_at(fd, bytes, (size_t)footer->manifest, footer->store + footer->secrets,
			 fault)) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

static bool check_digest(int fd, const struct stw_footer *footer, struct stw_bytes manifest,
			 struct stw_fault *fault)
{
	struct digest found;

	if (!stw_file_digest(fd, footer, manifest, &found, fault))
		return false;
	if (!digest_eq(&found, &footer->digest))
		return stw_fault_set(fault, STW_DAMAGED,
				     "the image is damaged: its digest does not match its bytes; "
				     "copy it again or run stwc build again");
	return true;
}

bool stw_manifest_load(int fd, const struct stw_footer *footer, bool check, struct arena *arena,
		       struct stw_manifest *out, struct stw_fault *fault)
{
	uint8_t *p = load_bytes(fd, footer, fault);
	struct stw_bytes bytes = {p, (size_t)footer->manifest};
	struct stw_manifest m;
	bool ok = p && (!check || check_digest(fd, footer, bytes, fault)) &&
		  stw_manifest_decode(bytes, arena, &m, fault);

	free(p);
	if (!ok)
		return false;
	m.format = footer->format;
	m.file = footer->digest;
	m.has_secrets = footer->secrets > 0;
	m.file_size = footer->store + footer->secrets + footer->manifest + STW_FOOTER_SIZE;
	*out = m;
	return true;
}

bool stw_manifest_read(int fd, bool check, struct arena *arena, struct stw_manifest *out,
		       struct stw_fault *fault)
{
	struct stw_footer footer;
	uint64_t size;

	return stw_footer_read(fd, &footer, &size, fault) &&
	       stw_manifest_load(fd, &footer, check, arena, out, fault);
}
