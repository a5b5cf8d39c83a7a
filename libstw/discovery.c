#include "libstw/discovery.h"

/* Bytes of the table; .p NULL: they lie outside. */
static struct str part(const struct stw_discovery *d, uint32_t offset, uint32_t length)
{
	if (offset > d->table.n || length > d->table.n - offset)
		return STR_NONE;
	return (struct str){(const char *)d->table.p + offset, length};
}

/* False: the name lies outside of the table. */
static bool host_at(const struct stw_discovery *d, uint32_t index, struct stw_discovery_host *out)
{
	const uint8_t *p =
		d->table.p + STW_DISCOVERY_HEADER_SIZE + (size_t)index * STW_DISCOVERY_HOST_SIZE;

	out->name = part(d, stw_le32(p), stw_le16(p + 4));
	out->server = stw_le16(p + 6) == STW_DISCOVERY_SERVER;
	for (size_t i = 0; i < STW_DOCUMENT_COUNT; i++)
		out->documents[i] = stw_le32(p + 8 + 4 * i);
	return out->name.p != NULL;
}

static struct str document_at(const struct stw_discovery *d, uint32_t index)
{
	const uint8_t *p = d->table.p + STW_DISCOVERY_HEADER_SIZE +
			   (size_t)d->hosts * STW_DISCOVERY_HOST_SIZE +
			   (size_t)index * STW_DISCOVERY_PLACE_SIZE;

	return part(d, stw_le32(p), stw_le32(p + 4));
}

static struct stw_scan scan_of(struct str s)
{
	return stw_scan_of((struct stw_bytes){(const uint8_t *)s.p, s.n});
}

bool stw_piece_next(struct stw_scan *scan, struct stw_piece *out)
{
	struct stw_piece piece = {.text = STR_NONE};
	uint8_t kind;

	if (scan->damaged || stw_scan_left(scan) == 0)
		return false;
	kind = stw_scan_u8(scan);
	if (kind < STW_PIECE_TEXT || kind >= STW_PIECE_KINDS)
		scan->damaged = true;
	piece.kind = (enum stw_piece_kind)kind;
	if (kind == STW_PIECE_TEXT)
		piece.text = stw_scan_str(scan);
	if (scan->damaged)
		return false;
	*out = piece;
	return true;
}

/* Host names as the DNS has them: what a request asks for is brought into this form. */
static bool name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool inner = i > 0 && i + 1 < name.n;

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' &&
		    !(inner && (c == '.' || c == '-')))
			return false;
	}
	return name.n > 0 && name.n <= STW_LIMIT_DISCOVERY_NAME;
}

static const char *check_hosts(const struct stw_discovery *d)
{
	struct stw_discovery_host host, last = {.name = STR_NONE};

	for (uint32_t i = 0; i < d->hosts; i++) {
		const uint8_t *p = d->table.p + STW_DISCOVERY_HEADER_SIZE +
				   (size_t)i * STW_DISCOVERY_HOST_SIZE;

		if (!host_at(d, i, &host) || !name_ok(host.name))
			return "a host has no name";
		if (stw_le16(p + 6) > STW_DISCOVERY_SERVER)
			return "a host has a flag that is not known";
		if (i > 0 && str_cmp(last.name, host.name) >= 0)
			return "the hosts are not in order";
		for (size_t k = 0; k < STW_DOCUMENT_COUNT; k++)
			if (host.documents[k] > d->documents || (host.server && host.documents[k]))
				return "a host has a document that is not there";
		last = host;
	}
	return NULL;
}

static const char *check_documents(const struct stw_discovery *d)
{
	for (uint32_t i = 0; i < d->documents; i++) {
		struct str document = document_at(d, i);
		struct stw_scan scan = scan_of(document);
		struct stw_piece piece;

		if (!document.p || document.n > STW_LIMIT_DISCOVERY_DOCUMENT)
			return "a document lies outside of the table, or is too long";
		while (stw_piece_next(&scan, &piece))
			;
		if (scan.damaged)
			return "a document does not follow its form";
	}
	return NULL;
}

const char *stw_discovery_open(struct stw_bytes table, struct stw_discovery *out)
{
	struct stw_discovery d = {.table = table};
	const char *what;
	uint64_t rows;

	if (table.n == 0) {
		*out = d;
		return NULL;
	}
	if (table.n < STW_DISCOVERY_HEADER_SIZE)
		return "it has no header";
	d.hosts = stw_le32(table.p);
	d.documents = stw_le32(table.p + 4);
	rows = (uint64_t)d.hosts * STW_DISCOVERY_HOST_SIZE +
	       (uint64_t)d.documents * STW_DISCOVERY_PLACE_SIZE;
	if (rows > table.n - STW_DISCOVERY_HEADER_SIZE)
		return "its rows lie outside of it";
	what = check_hosts(&d);
	if (!what)
		what = check_documents(&d);
	if (!what)
		*out = d;
	return what;
}

bool stw_discovery_find(const struct stw_discovery *d, struct str name,
			struct stw_discovery_host *out)
{
	uint32_t low = 0, high = d->hosts;
	struct stw_discovery_host host;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order;

		if (!host_at(d, middle, &host))
			return false;
		order = str_cmp(name, host.name);
		if (order == 0) {
			*out = host;
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

bool stw_discovery_document(const struct stw_discovery *d, const struct stw_discovery_host *host,
			    enum stw_document kind, struct stw_scan *out)
{
	uint32_t number = host->documents[kind];

	if (number == 0 || number > d->documents)
		return false;
	*out = scan_of(document_at(d, number - 1));
	return true;
}

static struct str local_part(struct str address)
{
	const char *at = address.n ? memrchr(address.p, '@', address.n) : NULL;

	return at ? (struct str){address.p, (size_t)(at - address.p)} : address;
}

void stw_document_put(struct stw_scan document, const struct stw_document_values *values,
		      struct buf *out)
{
	struct stw_piece piece;

	while (stw_piece_next(&document, &piece)) {
		switch (piece.kind) {
		case STW_PIECE_TEXT: buf_puts(out, piece.text); break;
		case STW_PIECE_DOMAIN: buf_put_xml(out, values->domain); break;
		case STW_PIECE_ADDRESS: buf_put_xml(out, values->address); break;
		case STW_PIECE_LOCAL: buf_put_xml(out, local_part(values->address)); break;
		case STW_PIECE_HOSTNAME: buf_put_xml(out, values->hostname); break;
		case STW_PIECE_KINDS: break;
		}
	}
}
