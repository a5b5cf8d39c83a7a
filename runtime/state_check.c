/*
 * LMDB 0.9's file, as far as one table of small, fixed-size pairs needs it:
 *
 *   page 0, 1   meta pages; the one with the higher transaction counts
 *   meta        magic, version, address, map size; two trees: free pages and the table; last
 *               page; transaction
 *   tree        flags, depth, page counts, entries, root page
 *   branch, leaf pages: number, flags, room between lower and upper; offsets of nodes
 *   free tree   transaction -> pages that are free again, as a list from high to low
 *
 * A page belongs to one of: the table's tree, the free tree, its long lists, the free pages. A
 * page that belonged to two would be overwritten while it is in use, so that is refused too.
 */
#include "runtime/state_check.h"

#include <stdlib.h>
#include <string.h>

#include "libstw/bytes.h"

#define PAGE_HEADER 16u
#define NODE_HEADER 8u
#define META_MAGIC 0xbeefc0deu
#define META_VERSION 1u
#define META_SIZE (24u + 2u * 48u + 16u)
#define PAGE_BRANCH 1u
#define PAGE_LEAF 2u
#define PAGE_OVERFLOW 4u
#define PAGE_META 8u
#define NODE_LONG 1u /* the value stands in pages of its own */
#define FLAG_INTEGER_KEY 8u
#define FLAGS_TREE 0xffu
#define PAGE_NONE UINT64_MAX
#define DEPTH_MAX 31u
#define PAGE_SIZE_MAX 32768u

struct tree {
	uint16_t flags, depth;
	uint64_t entries, root;
};

struct check {
	struct stw_bytes file;
	size_t page_size, key, value;
	uint64_t last, transaction;
	uint8_t *used; /* one per page: it belongs to something */
	struct tree tree;
	bool free_tree;
	uint64_t entries;
	struct stw_bytes before; /* the key before, in the order of the tree */
	struct stw_bytes floor;  /* the separator in front of the next leaf */
	const char *why;
};

struct node {
	uint16_t flags;
	struct stw_bytes key;
	uint64_t child;       /* of a branch */
	uint32_t value_size;  /* of a leaf */
	const uint8_t *value; /* or the number of its first page, NODE_LONG */
};

static bool bad(struct check *c, const char *why)
{
	if (!c->why)
		c->why = why;
	return false;
}

static bool take_page(struct check *c, uint64_t number)
{
	if (number < 2 || number > c->last || c->used[number])
		return bad(c, "a page is used twice, or is none");
	c->used[number] = 1;
	return true;
}

/* A page that is read, not merely free: it lies in the file and bears its number. */
static const uint8_t *page_at(struct check *c, uint64_t number)
{
	const uint8_t *p;

	if (!take_page(c, number))
		return NULL;
	if (number >= c->file.n / c->page_size) {
		bad(c, "a page lies behind the end of the file");
		return NULL;
	}
	p = c->file.p + number * c->page_size;
	if (stw_le64(p) != number) {
		bad(c, "a page bears another number");
		return NULL;
	}
	return p;
}

/* Nodes lie between upper and the end, without room between them and none over another. */
static bool nodes_fit(struct check *c, const uint8_t *page, unsigned count, bool leaf)
{
	uint8_t taken[PAGE_SIZE_MAX / 2];
	size_t upper = stw_le16(page + 14), sum = 0;

	memset(taken, 0, c->page_size / 2);
	for (unsigned i = 0; i < count; i++) {
		size_t at = stw_le16(page + PAGE_HEADER + 2u * i), size = NODE_HEADER;
		const uint8_t *node = page + at;

		if (at < upper || at % 2 || at + NODE_HEADER > c->page_size)
			return bad(c, "a node lies outside its page");
		size += stw_le16(node + 6);
		if (leaf)
			size += stw_le16(node + 4) & NODE_LONG ? 8 : stw_le32(node);
		size += size % 2;
		if (size > c->page_size - at)
			return bad(c, "a node is longer than its page");
		for (size_t b = at / 2; b < (at + size) / 2; b++) {
			if (taken[b])
				return bad(c, "two nodes overlap");
			taken[b] = 1;
		}
		sum += size;
	}
	return sum == c->page_size - upper || bad(c, "a page has room between its nodes");
}

static struct node node_at(const uint8_t *page, unsigned i, bool leaf)
{
	const uint8_t *p = page + stw_le16(page + PAGE_HEADER + 2u * i);
	struct node node = {.flags = stw_le16(p + 4), .key = {p + NODE_HEADER, stw_le16(p + 6)}};

	if (leaf) {
		node.value_size = stw_le32(p);
		node.value = p + NODE_HEADER + node.key.n;
	} else {
		node.child = stw_le32(p) | (uint64_t)node.flags << 32;
	}
	return node;
}

static int key_cmp(const struct check *c, struct stw_bytes a, struct stw_bytes b)
{
	if (c->free_tree) {
		uint64_t x = stw_le64(a.p), y = stw_le64(b.p);

		return x < y ? -1 : x > y;
	}
	return memcmp(a.p, b.p, c->key);
}

/* Free pages: a count, then the numbers from high to low. */
static bool free_list(struct check *c, const uint8_t *p, size_t n)
{
	uint64_t count = n >= 8 ? stw_le64(p) : 0, above = PAGE_NONE;

	if (n < 8 || count > n / 8 - 1)
		return bad(c, "a list of free pages is longer than its place");
	for (uint64_t i = 1; i <= count; i++) {
		uint64_t number = stw_le64(p + 8 * i);

		if (number >= above)
			return bad(c, "a list of free pages is not in order");
		if (!take_page(c, number))
			return false;
		above = number;
	}
	return true;
}

static bool long_value(struct check *c, const struct node *node)
{
	uint64_t first = stw_le64(node->value);
	uint64_t pages =
		(PAGE_HEADER + (uint64_t)node->value_size + c->page_size - 1) / c->page_size;
	const uint8_t *p = page_at(c, first);

	if (!p)
		return false;
	if (stw_le16(p + 10) != PAGE_OVERFLOW || stw_le32(p + 12) != pages ||
	    pages > c->file.n / c->page_size - first)
		return bad(c, "a long value is not where it should be");
	for (uint64_t i = 1; i < pages; i++)
		if (!take_page(c, first + i))
			return false;
	return free_list(c, p + PAGE_HEADER, node->value_size);
}

static bool check_leaf(struct check *c, const struct node *node)
{
	if (node->key.n != (c->free_tree ? 8 : c->key))
		return bad(c, "a key has another length");
	if (c->before.p && key_cmp(c, c->before, node->key) >= 0)
		return bad(c, "keys are not in order");
	if (c->floor.p && key_cmp(c, c->floor, node->key) > 0)
		return bad(c, "a key stands before its page");
	c->floor.p = NULL;
	c->before = node->key;
	c->entries++;
	if (!c->free_tree)
		return (node->flags == 0 && node->value_size == c->value) ||
		       bad(c, "a value has another length");
	if (node->flags & ~NODE_LONG || stw_le64(node->key.p) > c->transaction)
		return bad(c, "a list of free pages is of no transaction");
	return node->flags ? long_value(c, node) : free_list(c, node->value, node->value_size);
}

static bool check_page(struct check *c, uint64_t number, unsigned depth);

/* A separator stands above everything before it and not above what follows. */
static bool check_branch(struct check *c, const uint8_t *page, unsigned count, unsigned depth)
{
	for (unsigned i = 0; i < count; i++) {
		struct node node = node_at(page, i, false);

		if (i > 0) {
			if (node.key.n != (c->free_tree ? 8 : c->key))
				return bad(c, "a key has another length");
			if (key_cmp(c, c->before, node.key) >= 0)
				return bad(c, "keys are not in order");
			c->floor = node.key;
		}
		if (!check_page(c, node.child, depth + 1))
			return false;
	}
	return true;
}

static bool check_page(struct check *c, uint64_t number, unsigned depth)
{
	const uint8_t *page = page_at(c, number);
	size_t lower, upper;
	unsigned count;
	bool leaf;

	if (!page)
		return false;
	leaf = depth == c->tree.depth;
	lower = stw_le16(page + 12);
	upper = stw_le16(page + 14);
	if (stw_le16(page + 10) != (leaf ? PAGE_LEAF : PAGE_BRANCH))
		return bad(c, "a page is of another kind");
	if (lower < PAGE_HEADER || lower % 2 || lower > upper || upper > c->page_size)
		return bad(c, "a page has no room for what it says");
	count = (unsigned)(lower - PAGE_HEADER) / 2;
	if (count < (leaf ? 1 : 2))
		return bad(c, "a page is empty");
	if (!nodes_fit(c, page, count, leaf))
		return false;
	if (!leaf)
		return check_branch(c, page, count, depth);
	for (unsigned i = 0; i < count; i++) {
		struct node node = node_at(page, i, true);

		if (!check_leaf(c, &node))
			return false;
	}
	return true;
}

static bool check_tree(struct check *c, const uint8_t *p, bool free_tree)
{
	c->tree =
		(struct tree){stw_le16(p + 4), stw_le16(p + 6), stw_le64(p + 32), stw_le64(p + 40)};
	c->free_tree = free_tree;
	c->before = c->floor = (struct stw_bytes){NULL, 0};
	c->entries = 0;
	/* the flags of the free tree hold some of the environment too */
	if (free_tree ? (c->tree.flags & FLAGS_TREE) != FLAG_INTEGER_KEY : c->tree.flags != 0)
		return bad(c, "a tree is of another kind");
	if (c->tree.root == PAGE_NONE)
		return (c->tree.depth == 0 && c->tree.entries == 0) ||
		       bad(c, "an empty tree has entries");
	if (c->tree.depth == 0 || c->tree.depth > DEPTH_MAX)
		return bad(c, "a tree is too deep");
	return check_page(c, c->tree.root, 1) &&
	       (c->entries == c->tree.entries || bad(c, "a tree has more or fewer entries"));
}

/* The meta page that LMDB takes; NULL: neither can be used. */
static const uint8_t *check_metas(struct check *c)
{
	const uint8_t *first = c->file.p, *second = NULL, *newer;
	uint64_t even, odd;

	if (c->file.n < PAGE_HEADER + META_SIZE)
		goto none;
	c->page_size = stw_le32(first + PAGE_HEADER + 24);
	if (c->page_size < 512 || c->page_size > PAGE_SIZE_MAX ||
	    c->page_size & (c->page_size - 1) || c->file.n < 2 * c->page_size)
		goto none;
	second = first + c->page_size;
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *page = i ? second : first, *meta = page + PAGE_HEADER;

		if (stw_le64(page) != i || stw_le16(page + 10) != PAGE_META ||
		    stw_le32(meta) != META_MAGIC || stw_le32(meta + 4) != META_VERSION ||
		    stw_le32(meta + 24) != c->page_size)
			goto none;
	}
	first += PAGE_HEADER;
	second += PAGE_HEADER;
	/* each transaction writes the page of its parity, so they are neighbours, or both new */
	even = stw_le64(first + 128);
	odd = stw_le64(second + 128);
	if ((even || odd) && (even % 2 || odd % 2 == 0 || (even + 1 != odd && odd + 1 != even)))
		goto none;
	newer = even < odd ? second : first;
	c->last = stw_le64(newer + 120);
	c->transaction = stw_le64(newer + 128);
	return newer;
none:
	bad(c, "its first pages are not LMDB's");
	return NULL;
}

const char *state_check(struct stw_bytes file, size_t key, size_t value, size_t map_size)
{
	struct check c = {.file = file, .key = key, .value = value};
	const uint8_t *meta;

	if (file.n == 0)
		return NULL;
	meta = check_metas(&c);
	if (!meta)
		return c.why;
	if (c.last < 1 || c.last >= map_size / c.page_size || c.transaction >= UINT64_MAX / 2)
		return "its first pages are not LMDB's";
	c.used = calloc(c.last + 1, 1);
	if (!c.used)
		return "there is no memory to look at it";
	if (check_tree(&c, meta + 24, true))
		(void)check_tree(&c, meta + 72, false);
	free(c.used);
	return c.why;
}
