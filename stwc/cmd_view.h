/* What the commands that take IMAGE|SRC… share. */
#ifndef STW_STWC_CMD_VIEW_H
#define STW_STWC_CMD_VIEW_H

#include "stwc/cmd.h"
#include "stwc/view.h"

/* Takes the first operand that is no overlay out of the operands; NULL: there is none. */
const char *cmd_operand(struct options *options);
/* Turns off what is by nature no worse than `least`, unless --level has asked for it. */
void cmd_silence(struct options *options, enum severity least);
/* Opens the image that the operands name, alone; *image is false, and nothing open, where they name
 * sources. view_close in every case. */
enum status cmd_view_image(const struct command *command, const struct options *options,
			   struct view *view, bool *image) WARN_UNUSED;
/* Opens the image, or compiles the sources, that the operands name; diagnostics go to standard
 * error in every output format, because the answer has standard output. Only with STATUS_VALID
 * is the view of use; view_close in every case. */
enum status cmd_view(const struct command *command, const struct options *options,
		     struct view *view) WARN_UNUSED;

/* Writes a file, atomically: a private one for its owner alone, else with the mode that it has. */
enum status cmd_replace(const struct command *command, const char *path, const struct buf *text,
			bool private);
/* Writes what was asked for to -o, atomically, or to standard output, and frees it. `private`: it
 * holds secrets, so that a file is for its owner alone. */
enum status cmd_write(const struct command *command, const struct options *options,
		      struct buf *text, bool private);

#endif
