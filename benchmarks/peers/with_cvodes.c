// SUNDIALS CVODES (Adams, fixed-point iteration): W1, the gradient of W4, and the cold start. Making and freeing the solver is part
// of each run.
#include <cvodes/cvodes.h>
#include <nvector/nvector_serial.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>

#include "common.h"

#define DATA(v) N_VGetArrayPointer(v)
static const char* peer = "CVODES";
static SUNContext context;

static int lorenz(double t, N_Vector y, N_Vector d, void* data) {
  lorenz_rates(DATA(y), DATA(d), 28);
  return 0;
}
static int arenstorf(double t, N_Vector y, N_Vector d, void* data) {
  arenstorf_rates(DATA(y), DATA(d));
  return 0;
}
static int pleiades(double t, N_Vector y, N_Vector d, void* data) {
  pleiades_rates(DATA(y), DATA(d));
  return 0;
}

static long solve(CVRhsFn f, int n, const double* start, double end, double tolerance, double* out, long* steps) {
  N_Vector y = N_VNew_Serial(n, context);
  memcpy(DATA(y), start, n * sizeof(double));
  void* memory = CVodeCreate(CV_ADAMS, context);
  CVodeInit(memory, f, 0, y);
  CVodeSStolerances(memory, tolerance, tolerance);
  CVodeSetMaxNumSteps(memory, 10000000);
  CVodeSetMaxErrTestFails(memory, 50);
  CVodeSetMaxConvFails(memory, 100);
  SUNNonlinearSolver iteration = SUNNonlinSol_FixedPoint(y, 0, context);
  CVodeSetNonlinearSolver(memory, iteration);
  CVodeSetStopTime(memory, end);
  double t;
  int flag = CVode(memory, end, y, &t, CV_NORMAL);
  if (flag < 0) fprintf(stderr, "CVode gave %d at %g\n", flag, t);
  long evaluations = 0;
  CVodeGetNumRhsEvals(memory, &evaluations);
  CVodeGetNumSteps(memory, steps);
  memcpy(out, DATA(y), n * sizeof(double));
  N_VDestroy(y);
  CVodeFree(&memory);
  SUNNonlinSolFree(iteration);
  return evaluations;
}

static void w1(const char* name, CVRhsFn f, int n, const double* start, double end, const double* reference) {
  const char* tolerances[] = {"1e-6", "1e-9", "1e-12"};
  for (int k = 0; k < 3; k++) {
    double out[28], tolerance = atof(tolerances[k]);
    long steps, evaluations = 0;
    for (int i = 0; i < 3; i++) solve(f, n, start, end, tolerance, out, &steps);
    stopwatch s = stopwatch_start();
    while (stopwatch_goes_on(&s)) {
      double before = now();
      evaluations = solve(f, n, start, end, tolerance, out, &steps);
      s.times[s.count++] = now() - before;
    }
    char title[80];
    snprintf(title, sizeof title, "W1 %s, dop853 %s", name, tolerances[k]);
    figure(title, peer, "Adams", &s, evaluations, steps, relative(out, reference, n));
  }
}

// W4: rates alpha, beta, gamma, delta.
typedef struct {
  double p[4];
} rates;

static int lotka(double t, N_Vector yv, N_Vector dv, void* data) {
  double *y = DATA(yv), *d = DATA(dv), *p = ((rates*)data)->p;
  d[0] = p[0] * y[0] - p[1] * y[0] * y[1];
  d[1] = -p[2] * y[1] + p[3] * y[0] * y[1];
  return 0;
}

static int lotka_sensitivities(int count, double t, N_Vector yv, N_Vector yd, N_Vector* S, N_Vector* D, void* data, N_Vector t1,
                               N_Vector t2) {
  double *y = DATA(yv), *p = ((rates*)data)->p;
  double a = p[0] - p[1] * y[1], b = -p[1] * y[0], c = p[3] * y[1], d = -p[2] + p[3] * y[0];
  double direct[4][2] = {{y[0], 0}, {-y[0] * y[1], 0}, {0, -y[1]}, {0, y[0] * y[1]}};
  for (int i = 0; i < 4; i++) {
    double *s = DATA(S[i]), *out = DATA(D[i]);
    out[0] = a * s[0] + b * s[1] + direct[i][0];
    out[1] = c * s[0] + d * s[1] + direct[i][1];
  }
  return 0;
}

static int lotka_adjoint(double t, N_Vector yv, N_Vector lv, N_Vector dv, void* data) {
  double *y = DATA(yv), *l = DATA(lv), *d = DATA(dv), *p = ((rates*)data)->p;
  d[0] = -((p[0] - p[1] * y[1]) * l[0] + p[3] * y[1] * l[1]);
  d[1] = -(-p[1] * y[0] * l[0] + (-p[2] + p[3] * y[0]) * l[1]);
  return 0;
}

static int lotka_quadrature(double t, N_Vector yv, N_Vector lv, N_Vector qv, void* data) {
  double *y = DATA(yv), *l = DATA(lv), *q = DATA(qv);
  q[0] = -l[0] * y[0];
  q[1] = l[0] * y[0] * y[1];
  q[2] = l[1] * y[1];
  q[3] = -l[1] * y[0] * y[1];
  return 0;
}

static void* lotka_solver(rates* u, N_Vector y, SUNNonlinearSolver* iteration, double tolerance) {
  DATA(y)[0] = DATA(y)[1] = 1;
  void* memory = CVodeCreate(CV_ADAMS, context);
  CVodeInit(memory, lotka, 0, y);
  CVodeSStolerances(memory, tolerance, tolerance);
  CVodeSetUserData(memory, u);
  CVodeSetMaxNumSteps(memory, 100000);
  *iteration = SUNNonlinSol_FixedPoint(y, 0, context);
  CVodeSetNonlinearSolver(memory, *iteration);
  return memory;
}

static long forward(rates* u, double* g, double tolerance) {
  N_Vector y = N_VNew_Serial(2, context);
  SUNNonlinearSolver iteration, of_sensitivities;
  void* memory = lotka_solver(u, y, &iteration, tolerance);
  N_Vector* S = N_VCloneVectorArray(4, y);
  double absolute[4], t;
  for (int i = 0; i < 4; i++) {
    N_VConst(0, S[i]);
    absolute[i] = tolerance;
    g[i] = 0;
  }
  CVodeSensInit(memory, 4, CV_STAGGERED, lotka_sensitivities, S);
  CVodeSensSStolerances(memory, tolerance, absolute);
  CVodeSetSensErrCon(memory, SUNTRUE);
  of_sensitivities = SUNNonlinSol_FixedPointSens(4, y, 0, context);
  CVodeSetNonlinearSolverSensStg(memory, of_sensitivities);
  for (int k = 0; k < 100; k++) {
    int flag = CVode(memory, 0.2 * (k + 1), y, &t, CV_NORMAL);
    if (flag < 0) fprintf(stderr, "CVode gave %d at %g\n", flag, t);
    CVodeGetSens(memory, &t, S);
    for (int c = 0; c < 2; c++)
      for (int i = 0; i < 4; i++) g[i] += 2 * (DATA(y)[c] - ref_lotka_data[2 * k + c]) * DATA(S[i])[c] / 200;
  }
  long a, b;
  CVodeGetNumRhsEvals(memory, &a);
  CVodeGetSensNumRhsEvals(memory, &b);
  N_VDestroyVectorArray(S, 4);
  N_VDestroy(y);
  CVodeFree(&memory);
  SUNNonlinSolFree(iteration);
  SUNNonlinSolFree(of_sensitivities);
  return a + b;
}

// Observations are discrete: the adjoint jumps at each, and begins there anew.
static long adjoint(rates* u, double* g, double tolerance) {
  N_Vector y = N_VNew_Serial(2, context);
  SUNNonlinearSolver iteration;
  void* memory = lotka_solver(u, y, &iteration, tolerance);
  CVodeAdjInit(memory, 5000, CV_HERMITE);
  double t, jumps[100][2];
  int checkpoints, which;
  for (int k = 0; k < 100; k++) {
    CVodeF(memory, 0.2 * (k + 1), y, &t, CV_NORMAL, &checkpoints);
    for (int c = 0; c < 2; c++) jumps[k][c] = 2 * (DATA(y)[c] - ref_lotka_data[2 * k + c]) / 200;
  }
  N_Vector l = N_VNew_Serial(2, context), q = N_VNew_Serial(4, context);
  DATA(l)[0] = jumps[99][0];
  DATA(l)[1] = jumps[99][1];
  N_VConst(0, q);
  CVodeCreateB(memory, CV_ADAMS, &which);
  CVodeInitB(memory, which, lotka_adjoint, 20.0, l);
  CVodeSStolerancesB(memory, which, tolerance, tolerance);
  CVodeSetUserDataB(memory, which, u);
  CVodeSetMaxNumStepsB(memory, which, 100000);
  SUNNonlinearSolver backward = SUNNonlinSol_FixedPoint(l, 0, context);
  CVodeSetNonlinearSolverB(memory, which, backward);
  CVodeQuadInitB(memory, which, lotka_quadrature, q);
  CVodeQuadSStolerancesB(memory, which, tolerance, tolerance);
  CVodeSetQuadErrConB(memory, which, SUNTRUE);
  for (int k = 99; k >= 0; k--) {
    double to = 0.2 * k;
    int flag = CVodeB(memory, to, CV_NORMAL);
    if (flag < 0) fprintf(stderr, "CVodeB gave %d at %g\n", flag, to);
    CVodeGetB(memory, which, &t, l);
    CVodeGetQuadB(memory, which, &t, q);
    if (k > 0) {
      DATA(l)[0] += jumps[k - 1][0];
      DATA(l)[1] += jumps[k - 1][1];
      CVodeReInitB(memory, which, to, l);
      CVodeQuadReInitB(memory, which, q);
    }
  }
  memcpy(g, DATA(q), 4 * sizeof(double));
  long a;
  CVodeGetNumRhsEvals(memory, &a);
  N_VDestroy(l);
  N_VDestroy(q);
  N_VDestroy(y);
  CVodeFree(&memory);
  SUNNonlinSolFree(iteration);
  SUNNonlinSolFree(backward);
  return a;
}

static void w4(const char* title, const char* config, long (*gradient)(rates*, double*, double)) {
  rates u = {{1.3, 0.9, 2.8, 1.1}};
  double g[4];
  long evaluations = 0;
  for (int i = 0; i < 5; i++) gradient(&u, g, 1e-6);
  stopwatch s = stopwatch_start();
  while (stopwatch_goes_on(&s)) {
    double before = now();
    evaluations = gradient(&u, g, 1e-6);
    s.times[s.count++] = now() - before;
  }
  figure(title, peer, config, &s, evaluations, 0, relative(g, ref_lotka_gradient, 4));
}

int main(int count, char** arguments) {
  const char* what = count > 1 ? arguments[1] : "w1";
  SUNContext_Create(0, &context);
  if (!strcmp(what, "cold")) {
    double out[3];
    long steps;
    solve(lorenz, 3, lorenz_start, 20, 1e-6, out, &steps);
    printf("%.17g\n", out[0]);
  } else if (!strcmp(what, "w1")) {
    w1("lorenz", lorenz, 3, lorenz_start, 20, ref_lorenz);
    w1("arenstorf", arenstorf, 4, arenstorf_start, arenstorf_period, ref_arenstorf);
    w1("pleiades", pleiades, 28, pleiades_start, 3, ref_pleiades);
  } else if (!strcmp(what, "w4")) {
    w4("W4 Lotka-Volterra, dopri5, forward", "Adams, staggered sensitivities", forward);
    w4("W4 Lotka-Volterra, dopri5, interpolated", "Adams, adjoint over Hermite interpolation", adjoint);
  }
  return 0;
}
