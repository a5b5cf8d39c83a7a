/*
 * Compiled expressions, as the image holds them: the contract between the compiler, the deep walk
 * and the interpreter of the engine, and the limits that all of them keep (validation.md 2.4).
 *
 *   program  := version u8, zero u8, stack u16, constant count u16, branch count u16,
 *               code length u32, constant*, code
 *   constant := kind u8, then by kind: INTEGER i64; FLOAT the bits of a double u64;
 *               TEXT str; REGEX str; WORD number u16, str
 *   code     := (opcode u8, operand)*        no operand, u8, u16 or u32: stw_op_size
 *
 * Code runs over a stack of values, which never needs more than `stack`. Jumps lead forward only,
 * to the beginning of an instruction, and count from the start of the code; so no program runs
 * longer than it is. A branch is one result of the match table, the last one its else; each ends in
 * RETURN with one value on the stack. All integers are little-endian.
 *
 * The compiled table "expressions" finds a program by its place:
 *
 *   expressions := place count u32, place*, program length u32 and program, for each distinct one
 *   place       := object structure u16, object id u64, structure u16, field u16, offset u32
 *
 * Places ascend. A default has the structure of the field as its object structure and the id 0.
 * Offsets count from the start of the table and lead to the length of a program.
 */
#ifndef STW_LIBSTW_PROGRAM_H
#define STW_LIBSTW_PROGRAM_H

#include "base/buf.h"
#include "libstw/record.h"

#define STW_TABLE_EXPRESSIONS "expressions"
#define STW_PROGRAM_VERSION 1u
#define STW_PROGRAM_HEADER_SIZE 12u
#define STW_PLACE_SIZE (2u + 8u + 2u + 2u + 4u)

/* Limits, the same for compiler and daemon; the compiler warns at 80 %. */
#define STW_LIMIT_EXPRESSION 65536u  /* bytes of one text */
#define STW_LIMIT_EXPR_DEPTH 1000u   /* parts inside each other */
#define STW_LIMIT_EXPR_STACK 4096u   /* values at a time, the members of one list included */
#define STW_LIMIT_EXPR_CODE 1048576u /* bytes of code of one program */
#define STW_LIMIT_EXPR_CONSTANTS 65535u
#define STW_LIMIT_EXPR_BRANCHES 4096u
#define STW_LIMIT_EXPR_MEMORY (16u * 1024u * 1024u) /* bytes that one run may make */
#define STW_LIMIT_EXPR_WORK 64000000u               /* bytes and members that one run may look at */
#define STW_LIMIT_REGEX_STEPS 1000000u              /* of the matcher, each time */

enum stw_constant_kind {
	STW_CONSTANT_INTEGER = 1,
	STW_CONSTANT_FLOAT = 2,
	STW_CONSTANT_TEXT = 3,
	STW_CONSTANT_REGEX = 4, /* as written; the engine compiles it */
	STW_CONSTANT_WORD = 5   /* a member of ExpressionConstant */
};

enum stw_op {
	STW_OP_CONSTANT = 1, /* u16 constant, no regex */
	STW_OP_VARIABLE = 2, /* u16 member of ExpressionVariable */
	STW_OP_GLOBAL = 3,   /* u16 constant, text */
	STW_OP_CAPTURE = 4,  /* u32 of the last match */
	STW_OP_SYSTEM = 5,   /* u8 stw_system */
	STW_OP_METRIC = 6,   /* u16 constant, text */
	STW_OP_CALL = 7,     /* u8 function; takes its arity */
	STW_OP_LIST = 8,     /* u16 members */
	STW_OP_INDEX = 9,
	STW_OP_MATCH = 10, /* u16 constant, regex; replaces a value by whether it matches */
	STW_OP_NOT = 11,
	STW_OP_NEGATE = 12,
	STW_OP_ADD = 16,
	STW_OP_SUBTRACT = 17,
	STW_OP_MULTIPLY = 18,
	STW_OP_DIVIDE = 19,
	STW_OP_GT = 20,
	STW_OP_GE = 21,
	STW_OP_LT = 22,
	STW_OP_LE = 23,
	STW_OP_EQ = 24,
	STW_OP_NE = 25,
	STW_OP_XOR = 26,
	STW_OP_AND = 27,
	STW_OP_OR = 28,
	STW_OP_IF_FALSE = 32, /* u32 target: jumps where the top is false, and leaves it */
	STW_OP_IF_TRUE = 33,  /* u32 target: the same where it is true */
	STW_OP_UNLESS = 34,   /* u32 target: takes the top; jumps where it is false */
	STW_OP_RETURN = 35    /* u16 branch */
};

enum stw_system {
	STW_SYSTEM_DOMAIN = 1,
	STW_SYSTEM_HOSTNAME = 2,
	STW_SYSTEM_NODE_ID = 3,
	STW_SYSTEM_NODE_HOSTNAME = 4,
	STW_SYSTEM_NODE_ROLE = 5
};

enum stw_function {
#define EXPR_FUNCTION(ident, name, number, arity, waits) STW_FUNCTION_##ident = (number),
#include "libstw/functions.def"
#undef EXPR_FUNCTION
};

struct stw_function_info {
	const char *name;
	uint8_t number; /* enum stw_function */
	uint8_t arity;
	bool waits;
};

/* NULL: there is none of that name, or number. */
const struct stw_function_info *stw_function_find(struct str name);
const struct stw_function_info *stw_function_numbered(unsigned number);
/* Every function, by number. */
const struct stw_function_info *stw_functions(size_t *count);
/* The number of a system value by its name, and back; 0 and NULL: there is none. */
unsigned stw_system_find(struct str name);
const char *stw_system_name(unsigned number);

/* Bytes of the operand behind an opcode; -1: there is no such opcode. */
int stw_op_size(uint8_t op);

struct stw_program {
	uint16_t stack, constants, branches;
	struct stw_bytes pool; /* the constants */
	struct stw_bytes code;
};

struct stw_constant {
	uint8_t kind; /* enum stw_constant_kind */
	int64_t integer;
	double number;
	uint16_t word;
	struct str text;
};

/* Reads the header and finds the parts; what is in them is not looked at. False: no program. */
bool stw_program_open(struct stw_bytes bytes, struct stw_program *out) WARN_UNUSED;
/* The next constant of a pool; false at its end, or where it is damaged (*pool then is not empty).
 */
bool stw_constant_next(struct stw_bytes *pool, struct stw_constant *out);
/* Is the program well-formed: constants, opcodes, jumps, branches, and a stack that never runs dry
 * and never goes beyond what the header says? NULL: yes; else what is wrong. */
const char *stw_program_check(struct stw_bytes bytes) WARN_UNUSED;

/* One row of the table of expressions. */
struct stw_place {
	uint16_t type; /* structure of the object, or of the field for a default */
	uint64_t id;   /* of the object; 0: the default */
	uint16_t structure, field;
	uint32_t offset;
};

/* By type, id, structure and field. */
int stw_place_cmp(const struct stw_place *a, const struct stw_place *b);
size_t stw_place_count(struct stw_bytes table);
/* False: there is no such row, or the table is damaged. */
bool stw_place_at(struct stw_bytes table, size_t index, struct stw_place *out);
/* The program behind a row. False: it lies outside. */
bool stw_place_program(struct stw_bytes table, const struct stw_place *place,
		       struct stw_bytes *out);
/* The program of a field of an object, else of its default. False: there is none. */
bool stw_expression(struct stw_bytes table, uint16_t type, uint64_t id, uint16_t structure,
		    uint16_t field, struct stw_bytes *out);
/* Is every row in order, of an object that `known` knows (NULL: not asked), and its program
 * well-formed? NULL: yes; else the first thing that is wrong. */
const char *stw_expressions_check(struct stw_bytes table,
				  bool (*known)(void *ctx, const struct stw_place *place),
				  void *ctx) WARN_UNUSED;

#endif
