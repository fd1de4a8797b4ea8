#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <readline/readline.h>
#include <readline/history.h>

// What `$if` in an .inputrc calls the program. Readline keeps the pointer.
static inline void nodal_set_name(void) { rl_readline_name = "nodal"; }

// Characters are as the environment says; where it says nothing they are UTF-8, as programs are.
static inline void nodal_set_locale(void) {
  const char *chosen = setlocale(LC_CTYPE, "");
  if (chosen == NULL || strcmp(chosen, "C") == 0 || strcmp(chosen, "POSIX") == 0) {
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) setlocale(LC_CTYPE, "UTF-8");
  }
}

// Characters that end a name. Readline keeps the pointer.
static inline void nodal_set_word_breaks(void) {
  rl_completer_word_break_characters = (char *)" \t\n()[]{},;:=+-*/^@<>!|&\".";
  // A name is completed without a blank behind it.
  rl_completion_append_character = '\0';
}
