#include <stdio.h>
#include <readline/readline.h>
#include <readline/history.h>

// What `$if` in an .inputrc calls the program. Readline keeps the pointer.
static inline void nodal_set_name(void) { rl_readline_name = "nodal"; }

// Characters that end a name. Readline keeps the pointer.
static inline void nodal_set_word_breaks(void) {
  rl_completer_word_break_characters = (char *)" \t\n()[]{},;:=+-*/^@<>!|&\"";
  // A name is completed without a blank behind it.
  rl_completion_append_character = '\0';
}
