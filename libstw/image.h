/* The inside of an open image, for the files of libstw. */
#ifndef STW_LIBSTW_IMAGE_H
#define STW_LIBSTW_IMAGE_H

#include "libstw/discovery.h"
#include "libstw/format.h"
#include "libstw/store.h"

struct stw_image {
	struct arena arena; /* of the manifest's strings */
	struct stw_manifest manifest;
	struct stw_store *store;
	struct stw_reader *main;
	struct stw_discovery discovery; /* in the store */
	uint8_t *secrets;               /* pages of their own, kept out of core dumps; NULL: none */
	size_t secrets_size;
};

struct stw_reader {
	struct stw_image *image;
	struct stw_view *view;
	bool damaged;
};

/* Keys. */
struct stw_bytes stw_object_key(uint8_t out[STW_OBJECT_KEY_SIZE], uint16_t structure, uint64_t id);
/* False: SHA-256 could not be computed. */
bool stw_name_key(uint8_t out[STW_NAME_KEY_SIZE], uint16_t structure, struct str identity,
		  struct stw_bytes *key) WARN_UNUSED;
/* The object of a pair of the records table; false when the value does not follow the form. */
bool stw_object_decode(struct stw_bytes key, struct stw_bytes value,
		       struct stw_object *out) WARN_UNUSED;

#endif
