// What the programs in C and C++ share: the right-hand sides of W1, how errors are measured, time, a line of JSON for each figure.
// references.h is made by `common.py`.
#ifndef COMMON_H
#define COMMON_H
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "references.h"

static const double lorenz_start[] = {1, 1, 1};
static const double arenstorf_start[] = {0.994, 0, 0, -2.00158510637908252240537862224};
static const double pleiades_start[] = {3, 3, -1, -3, 2, -2, 2, 3, -3, 2, 0, 0, -4, 4,
                                        0, 0, 0, 0, 0, 1.75, -1.5, 0, 0, 0, -1.25, 1, 0, 0};
static const double arenstorf_period = 17.0652165601579625588917206249;

static inline void lorenz_rates(const double* y, double* d, double rho) {
  d[0] = 10.0 * (y[1] - y[0]);
  d[1] = y[0] * (rho - y[2]) - y[1];
  d[2] = y[0] * y[1] - (8.0 / 3.0) * y[2];
}

static inline void arenstorf_rates(const double* y, double* d) {
  const double mu = 0.012277471, m1 = 1 - mu;
  double a = (y[0] + mu) * (y[0] + mu) + y[1] * y[1], b = (y[0] - m1) * (y[0] - m1) + y[1] * y[1];
  a *= sqrt(a);
  b *= sqrt(b);
  d[0] = y[2];
  d[1] = y[3];
  d[2] = y[0] + 2 * y[3] - m1 * (y[0] + mu) / a - mu * (y[0] - m1) / b;
  d[3] = y[1] - 2 * y[2] - m1 * y[1] / a - mu * y[1] / b;
}

static inline void pleiades_rates(const double* y, double* d) {
  for (int i = 0; i < 14; i++) {
    d[i] = y[14 + i];
    d[14 + i] = 0;
  }
  for (int i = 0; i < 7; i++)
    for (int j = i + 1; j < 7; j++) {
      double dx = y[j] - y[i], dy = y[7 + j] - y[7 + i], r = dx * dx + dy * dy;
      r = 1.0 / (r * sqrt(r));
      d[14 + i] += (j + 1) * dx * r;
      d[21 + i] += (j + 1) * dy * r;
      d[14 + j] -= (i + 1) * dx * r;
      d[21 + j] -= (i + 1) * dy * r;
    }
}

static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static inline double relative(const double* y, const double* reference, long n) {
  double apart = 0, whole = 0;
  for (long i = 0; i < n; i++) {
    apart += (y[i] - reference[i]) * (y[i] - reference[i]);
    whole += reference[i] * reference[i];
  }
  return sqrt(apart / whole);
}

// The largest relative error of a component.
static inline double worst_relative(const double* y, const double* reference, long n) {
  double worst = 0;
  for (long i = 0; i < n; i++) worst = fmax(worst, fabs(y[i] - reference[i]) / fabs(reference[i]));
  return worst;
}

static inline int ascending(const void* a, const void* b) {
  double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

// Times as `nodal bench` takes them: up to 200 runs, none begun after two seconds, at least three.
typedef struct {
  double times[200], begun, limit;
  int count;
} stopwatch;

static inline stopwatch stopwatch_start(void) {
  const char* seconds = getenv("BENCH_SECONDS");
  stopwatch s;
  s.count = 0;
  s.begun = now();
  s.limit = seconds ? atof(seconds) : 2;
  return s;
}

static inline int stopwatch_goes_on(const stopwatch* s) {
  return s->count < 200 && (s->count < 3 || now() - s->begun < s->limit);
}

// `worst` is the largest relative error of a component, and left out where it is negative.
static inline void figure_by_both(const char* title, const char* peer, const char* config, stopwatch* s, long evaluations,
                                  long steps, double error, double worst) {
  qsort(s->times, s->count, sizeof(double), ascending);
  int k = s->count;
  double median = k % 2 ? s->times[k / 2] : (s->times[k / 2 - 1] + s->times[k / 2]) / 2;
  printf("{\"case\": \"%s\", \"peer\": \"%s\", \"config\": \"%s\", \"median\": %.9g, \"minimum\": %.9g, \"repeats\": %d, "
         "\"evaluations\": %ld, \"steps\": %ld, \"error\": %.4g",
         title, peer, config, median, s->times[0], k, evaluations, steps, error);
  if (worst >= 0) printf(", \"worst\": %.4g", worst);
  printf("}\n");
  fflush(stdout);
}

static inline void figure(const char* title, const char* peer, const char* config, stopwatch* s, long evaluations, long steps,
                          double error) {
  figure_by_both(title, peer, config, s, evaluations, steps, error, -1);
}

#endif
