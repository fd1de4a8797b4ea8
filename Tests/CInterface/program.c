/* The C interface, from C: each line that doesn't hold is told, and counts. */
#include <math.h>
#include <nodal.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

#define HOLDS(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      failures++;                                                                         \
      printf("line %d: %s\n", __LINE__, #condition);                                      \
    }                                                                                     \
  } while (0)

static const char *model =
    "/// A decay.\n"
    "ode decay { state x = 1; param k = 0.5 in (0, inf); x' = -k*x }\n"
    "data obs = given(\"obs\", time: \"t\")\n"
    "loss fit(w) = mse(solve(decay, at: w.t).x, w.x)\n";

static void listen(const char *event, void *context) {
  if (strstr(event, "\"kind\":\"print\"")) ++*(int *)context;
}

static int stop_at_three(const nodal_step *step, void *context) {
  *(size_t *)context = step->step;
  return step->step >= 3;
}

int main(void) {
  HOLDS(strlen(nodal_version()) > 0);
  nodal_interpreter *it = nodal_open(NULL);
  HOLDS(it != NULL);
  HOLDS(strcmp(nodal_error(it), "") == 0);

  /* Mistakes. */
  HOLDS(nodal_check(it, "print nope", "wrong.node") == NODAL_WRONG);
  HOLDS(strstr(nodal_error(it), "error[E0201]") != NULL);
  HOLDS(strstr(nodal_error(it), "wrong.node:1:7") != NULL);
  HOLDS(nodal_error_json(it)[0] == '[' && strstr(nodal_error_json(it), "E0201") != NULL);
  HOLDS(nodal_check(it, "print 1", NULL) == NODAL_OK);
  HOLDS(strcmp(nodal_error(it), "") == 0);
  HOLDS(nodal_run(it, "assert 1 == 2", NULL) == NODAL_FAILED);
  HOLDS(strstr(nodal_error(it), "E1005") != NULL);
  HOLDS(nodal_run_file(it, "/nowhere.node") == NODAL_FAILED);
  HOLDS(strlen(nodal_error(it)) > 0);
  HOLDS(nodal_evaluate(it, "(1") == NULL);
  HOLDS(strlen(nodal_error(it)) > 0);

  /* Events. */
  int printed = 0;
  nodal_listen(it, listen, &printed);
  HOLDS(nodal_run(it, "print 1\nprint 2", NULL) == NODAL_OK);
  HOLDS(printed == 2);
  nodal_listen(it, NULL, NULL);

  /* Data and a model. */
  double t[] = {0, 0.5, 1, 1.5, 2}, x[5];
  for (int i = 0; i < 5; i++) x[i] = exp(-0.8 * t[i]);
  size_t five = 5;
  nodal_array arrays[] = {{"t", t, 1, &five}, {"x", x, 1, &five}};
  HOLDS(nodal_give(it, "obs", arrays, 2) == NODAL_OK);
  HOLDS(nodal_run(it, model, "model.node") == NODAL_OK);
  HOLDS(strstr(nodal_declarations(it), "\"documentation\":\"A decay.\"") != NULL);

  /* Values. */
  nodal_value *s = nodal_solve(it, "decay", "over: 0..1, every: 0.5");
  HOLDS(s != NULL && nodal_value_kind(s) == NODAL_RECORD);
  nodal_value *column = nodal_value_field(s, "x");
  HOLDS(column != NULL && nodal_value_kind(column) == NODAL_NUMBERS);
  size_t count = 0, rank = 0;
  const double *numbers = nodal_value_numbers(column, &count);
  const size_t *shape = nodal_value_shape(column, &rank);
  HOLDS(count == 3 && rank == 1 && shape[0] == 3);
  HOLDS(fabs(numbers[2] - exp(-0.5)) < 1e-6);
  HOLDS(nodal_value_field(s, "nothing") == NULL);
  HOLDS(nodal_value_field_at(s, 1000) == NULL && nodal_value_field_name(s, 1000) == NULL);
  HOLDS(strcmp(nodal_value_field_name(s, 0), "t") == 0);
  HOLDS(nodal_value_field(nodal_value_field(s, "final"), "x") != NULL);
  HOLDS(nodal_value_numbers(s, &count) == NULL && count == 0);
  nodal_value_free(s);
  nodal_value *text = nodal_evaluate(it, "\"θ\"");
  HOLDS(text != NULL && strcmp(nodal_value_text(text), "θ") == 0);
  nodal_value_free(text);
  nodal_value *truth = nodal_evaluate(it, "1 < 2");
  HOLDS(nodal_value_kind(truth) == NODAL_BOOLEANS && nodal_value_numbers(truth, NULL)[0] == 1);
  HOLDS(nodal_value_shape(truth, &rank) != NULL || rank == 0);
  nodal_value_free(truth);
  nodal_value_free(NULL);

  /* A gradient, and training that is stopped and that isn't. */
  double loss = 0;
  nodal_value *gradient = nodal_gradient(it, "fit", "obs", &loss);
  HOLDS(gradient != NULL && loss > 0);
  HOLDS(nodal_value_numbers(nodal_value_field(gradient, "decay.k"), NULL)[0] < 0);
  nodal_value_free(gradient);
  size_t last = 0;
  HOLDS(
      nodal_train(
          it, "fit", "obs", "optimize: adam(lr: 1e-3), steps: 1000", stop_at_three, &last, &loss)
      == NODAL_OK);
  HOLDS(last == 3);
  HOLDS(nodal_train(it, "fit", "obs", "optimize: lm(), steps: 30", NULL, NULL, &loss) == NODAL_OK);
  HOLDS(loss < 1e-12);
  HOLDS(nodal_train(it, "fit", "obs", "optimize: nope()", NULL, NULL, NULL) == NODAL_FAILED);
  HOLDS(strlen(nodal_error(it)) > 0);
  nodal_value *weights = nodal_weights(it);
  HOLDS(fabs(nodal_value_numbers(nodal_value_field(weights, "decay.k"), NULL)[0] - 0.8) < 1e-6);
  nodal_value_free(weights);
  double k = 0.3;
  HOLDS(nodal_set_weight(it, "decay.k", &k, 1) == NODAL_OK);
  k = -1;
  HOLDS(nodal_set_weight(it, "decay.k", &k, 1) == NODAL_FAILED);
  HOLDS(strstr(nodal_error(it), "domain") != NULL);

  /* A function, called often. */
  nodal_array parameter = {"a", NULL, 0, NULL};
  nodal_function *end = nodal_compile(
      it, "solve(decay, over: 0..1, from: {x: a}).final.x", &parameter, 1);
  HOLDS(end != NULL);
  for (int i = 0; end != NULL && i < 1000; i++) {
    double a = 1 + i / 1000.0;
    const double *arguments[] = {&a};
    nodal_value *value = nodal_call(end, arguments);
    HOLDS(value != NULL && fabs(nodal_value_numbers(value, NULL)[0] - a * exp(-0.3)) < 1e-5);
    nodal_value_free(value);
  }
  nodal_function_free(end);
  HOLDS(nodal_compile(it, "nope + a", &parameter, 1) == NULL);

  /* Constants. */
  nodal_interpreter *other = nodal_open(".");
  size_t two = 2;
  double pair[] = {3, 4};
  nodal_array constant = {"c", pair, 1, &two};
  HOLDS(nodal_set_array(other, &constant) == NODAL_OK);
  HOLDS(nodal_set(other, "d", "1.5") == NODAL_OK);
  HOLDS(nodal_run(other, "const c = [0.0, 0], d = 1.0", NULL) == NODAL_OK);
  nodal_value *sum = nodal_evaluate(other, "c[1] + d");
  HOLDS(sum != NULL && nodal_value_numbers(sum, NULL)[0] == 5.5);
  nodal_value_free(sum);
  nodal_cancel(other);
  HOLDS(nodal_run(other, "print 1", NULL) == NODAL_CANCELLED);
  nodal_resume(other);
  HOLDS(nodal_run(other, "print 1", NULL) == NODAL_OK);
  nodal_close(other);
  nodal_close(it);
  printf(failures == 0 ? "all hold\n" : "%d don't hold\n", failures);
  return failures != 0;
}
