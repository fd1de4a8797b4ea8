/* nodal.h: models of dynamics, written in the .node language, from C.
 *
 * Link libNodalC (`swift build -c release --product NodalC`). Nothing here prints, exits, or keeps state outside of the objects.
 *
 * Texts are UTF-8 and end with a zero byte. An interpreter, and what is made with it, belong to one thread at a time;
 * nodal_cancel alone may be called from others. Where a call gives a status other than NODAL_OK, or NULL, nodal_error tells
 * what is wrong: as a person reads it, with the place in the program.
 */
#ifndef NODAL_H
#define NODAL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nodal_interpreter nodal_interpreter;
typedef struct nodal_value nodal_value;
typedef struct nodal_function nodal_function;

typedef enum nodal_status {
  NODAL_OK = 0,
  /* It failed while it ran. */
  NODAL_FAILED = 1,
  /* The program is wrong, and nothing of it ran. */
  NODAL_WRONG = 2,
  /* nodal_cancel stopped it. */
  NODAL_CANCELLED = 130
} nodal_status;

/* "0.1.0"; valid for ever. */
const char *nodal_version(void);

/* ---- interpreters ---------------------------------------------------------------------------------------------------- */

/* Paths in programs start from the folder; NULL is the current one. Never NULL. */
nodal_interpreter *nodal_open(const char *folder);
void nodal_close(nodal_interpreter *interpreter);

/* Called for each thing that happens (values that are printed, steps of training, files that were written, mistakes), with a
 * JSON object that lives as long as the call. docs/json.md says what is in it. NULL calls nobody. */
typedef void (*nodal_listener)(const char *event, void *context);
void nodal_listen(nodal_interpreter *interpreter, nodal_listener listener, void *context);

/* What is wrong, of the last call that said so; "" before. Valid until the next call. The second is a JSON array. */
const char *nodal_error(const nodal_interpreter *interpreter);
const char *nodal_error_json(const nodal_interpreter *interpreter);

/* Looks for mistakes, and runs nothing. The path is the name that messages give it; NULL: "program.node". */
nodal_status nodal_check(nodal_interpreter *interpreter, const char *text, const char *path);
/* Runs a program. Programs follow one another: a name that is declared again has the new meaning from then on. */
nodal_status nodal_run(nodal_interpreter *interpreter, const char *text, const char *path);
nodal_status nodal_run_file(nodal_interpreter *interpreter, const char *path);
/* Takes what a program declares, and runs none of its commands. */
nodal_status nodal_declare(nodal_interpreter *interpreter, const char *text, const char *path);

/* What runs stops at its next step; from any thread. nodal_resume makes ready for what comes next. */
void nodal_cancel(nodal_interpreter *interpreter);
void nodal_resume(nodal_interpreter *interpreter);

/* What was declared, as a JSON array of objects with name, kind, type and documentation. Valid until the next call. */
const char *nodal_declarations(nodal_interpreter *interpreter);

/* ---- numbers that go in ------------------------------------------------------------------------------------------------- */

typedef struct nodal_array {
  /* Of a column or a parameter. */
  const char *name;
  /* Row-major; what is missing is NaN. */
  const double *numbers;
  /* Lengths of the axes. */
  size_t rank;
  const size_t *shape;
} nodal_array;

/* Arrays that a program reads as `data obs = given("obs", time: "t")`. They are copied. */
nodal_status nodal_give(
    nodal_interpreter *interpreter, const char *name, const nodal_array *arrays, size_t count);
/* A constant, for what is checked from now on: the text of an expression, or numbers. */
nodal_status nodal_set(nodal_interpreter *interpreter, const char *constant, const char *expression);
nodal_status nodal_set_array(nodal_interpreter *interpreter, const nodal_array *constant);

/* ---- values ------------------------------------------------------------------------------------------------------------- */

typedef enum nodal_kind {
  NODAL_NOTHING = 0,
  /* Numbers, with a shape. */
  NODAL_NUMBERS = 1,
  /* Truth values, as numbers 0 and 1. */
  NODAL_BOOLEANS = 2,
  NODAL_TEXT = 3,
  /* Fields with names: records, solutions, data sets, runs. */
  NODAL_RECORD = 4,
  /* Fields without. */
  NODAL_TUPLE = 5
} nodal_kind;

/* A value of an expression, or NULL. Each value that is given has to be freed, but for fields, which live as long as what
 * they are of. */
nodal_value *nodal_evaluate(nodal_interpreter *interpreter, const char *expression);
/* solve(ODE, ARGUMENTS): "over: 0..10, every: 0.1". */
nodal_value *nodal_solve(nodal_interpreter *interpreter, const char *ode, const char *arguments);
void nodal_value_free(nodal_value *value);

nodal_kind nodal_value_kind(const nodal_value *value);
/* Row-major numbers, which live as long as the value; NULL where it has none. */
const double *nodal_value_numbers(const nodal_value *value, size_t *count);
const size_t *nodal_value_shape(const nodal_value *value, size_t *rank);
const char *nodal_value_text(const nodal_value *value);
size_t nodal_value_field_count(const nodal_value *value);
const char *nodal_value_field_name(const nodal_value *value, size_t index);
nodal_value *nodal_value_field_at(const nodal_value *value, size_t index);
/* NULL where there is none. */
nodal_value *nodal_value_field(const nodal_value *value, const char *name);

/* ---- functions ---------------------------------------------------------------------------------------------------------- */

/* An expression that is compiled once, as a function of these names: their numbers are not looked at, their shapes are. */
nodal_function *nodal_compile(
    nodal_interpreter *interpreter, const char *expression, const nodal_array *parameters,
    size_t count);
/* The numbers of each parameter, row-major. */
nodal_value *nodal_call(nodal_function *function, const double *const *arguments);
void nodal_function_free(nodal_function *function);

/* ---- training ----------------------------------------------------------------------------------------------------------- */

typedef struct nodal_step {
  size_t step, total;
  double loss;
  double seconds;
} nodal_step;

/* Called after each step; what isn't 0 stops the training, which keeps its best parameters. */
typedef int (*nodal_progress)(const nodal_step *step, void *context);

/* train LOSS on DATA { OPTIONS }. The data may be NULL, as the progress and the place for the loss. Stopped by the progress, it
 * is NODAL_OK. */
nodal_status nodal_train(
    nodal_interpreter *interpreter, const char *loss, const char *data, const char *options,
    nodal_progress progress, void *context, double *final_loss);
/* The loss at the weights as they are; its gradient is a record by path. */
nodal_value *nodal_gradient(
    nodal_interpreter *interpreter, const char *loss, const char *data, double *value);

/* All weights, a record by path. */
nodal_value *nodal_weights(nodal_interpreter *interpreter);
nodal_status nodal_set_weight(
    nodal_interpreter *interpreter, const char *path, const double *numbers, size_t count);
/* Weights by their paths from a file of safetensors, which `save … to` and others write. */
nodal_status nodal_load_weights(nodal_interpreter *interpreter, const char *file);

#ifdef __cplusplus
}
#endif

#endif
