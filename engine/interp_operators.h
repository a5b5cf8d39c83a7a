/* The operators of expressions. */
#ifndef STW_ENGINE_INTERP_OPERATORS_H
#define STW_ENGINE_INTERP_OPERATORS_H

#include "engine/interp_value.h"

/* `op` is one of enum stw_op, STW_OP_ADD to STW_OP_OR. Arithmetic of whole numbers stops at their
 * bounds, division by 0 gives 0, a comparison gives 1 or 0. */
struct interp_value interp_binary(struct interp_budget *budget, unsigned op,
				  const struct interp_value *a, const struct interp_value *b);
/* What unary minus gives; the lowest whole number is its own opposite. */
struct interp_value interp_negate(const struct interp_value *value);
/* The member of a list at a place, from 0; anything else has itself at 0. Nothing beyond. */
struct interp_value interp_member(const struct interp_value *value,
				  const struct interp_value *place);

#endif
