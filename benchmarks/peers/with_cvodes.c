// SUNDIALS CVODES: W1, the gradient of W4 and the cold start (Adams, fixed-point iteration), W8 (BDF, Newton with dense Jacobians as
// they are written here). Making and freeing the solver is part of each run.
#include <cvodes/cvodes.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>
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

// W8: right-hand sides, and their Jacobians.
static int hires(double t, N_Vector yv, N_Vector dv, void* data) {
  double *y = DATA(yv), *d = DATA(dv), bound = 280 * y[5] * y[7];
  d[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007;
  d[1] = 1.71 * y[0] - 8.75 * y[1];
  d[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4];
  d[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
  d[4] = -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6];
  d[5] = -bound + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6];
  d[6] = bound - 1.81 * y[6];
  d[7] = -bound + 1.81 * y[6];
  return 0;
}

static int orego(double t, N_Vector yv, N_Vector dv, void* data) {
  const double s = 77.27, q = 8.375e-6, w = 0.161;
  double *y = DATA(yv), *d = DATA(dv);
  d[0] = s * (y[1] + y[0] - y[0] * y[1] - q * y[0] * y[0]);
  d[1] = (y[2] - (1 + y[0]) * y[1]) / s;
  d[2] = w * (y[0] - y[2]);
  return 0;
}

static int robertson(double t, N_Vector yv, N_Vector dv, void* data) {
  double *y = DATA(yv), *d = DATA(dv), slow = 0.04 * y[0], back = 1e4 * y[1] * y[2], fast = 3e7 * y[1] * y[1];
  d[0] = -slow + back;
  d[1] = slow - fast - back;
  d[2] = fast;
  return 0;
}

static int vdpol(double t, N_Vector yv, N_Vector dv, void* data) {
  double *y = DATA(yv), *d = DATA(dv);
  d[0] = y[1];
  d[1] = ((1 - y[0] * y[0]) * y[1] - y[0]) / 1e-6;
  return 0;
}

static int vdpol_1000(double t, N_Vector yv, N_Vector dv, void* data) {
  double *y = DATA(yv), *d = DATA(dv);
  d[0] = y[1];
  d[1] = 1000 * (1 - y[0] * y[0]) * y[1] - y[0];
  return 0;
}

#define J(i, j) SM_ELEMENT_D(matrix, i, j)
#define JACOBIAN(name) \
  static int name(double t, N_Vector yv, N_Vector fv, SUNMatrix matrix, void* data, N_Vector t1, N_Vector t2, N_Vector t3)

// CVODE gives matrices of zeros.
JACOBIAN(hires_jacobian) {
  double *y = DATA(yv), a = 280 * y[7], b = 280 * y[5];
  J(0, 0) = -1.71, J(0, 1) = 0.43, J(0, 2) = 8.32;
  J(1, 0) = 1.71, J(1, 1) = -8.75;
  J(2, 2) = -10.03, J(2, 3) = 0.43, J(2, 4) = 0.035;
  J(3, 1) = 8.32, J(3, 2) = 1.71, J(3, 3) = -1.12;
  J(4, 4) = -1.745, J(4, 5) = 0.43, J(4, 6) = 0.43;
  J(5, 3) = 0.69, J(5, 4) = 1.71, J(5, 5) = -a - 0.43, J(5, 6) = 0.69, J(5, 7) = -b;
  J(6, 5) = a, J(6, 6) = -1.81, J(6, 7) = b;
  J(7, 5) = -a, J(7, 6) = 1.81, J(7, 7) = -b;
  return 0;
}

JACOBIAN(orego_jacobian) {
  const double s = 77.27, q = 8.375e-6, w = 0.161;
  double* y = DATA(yv);
  J(0, 0) = s * (1 - y[1] - 2 * q * y[0]), J(0, 1) = s * (1 - y[0]);
  J(1, 0) = -y[1] / s, J(1, 1) = -(1 + y[0]) / s, J(1, 2) = 1 / s;
  J(2, 0) = w, J(2, 2) = -w;
  return 0;
}

JACOBIAN(robertson_jacobian) {
  double* y = DATA(yv);
  J(0, 0) = -0.04, J(0, 1) = 1e4 * y[2], J(0, 2) = 1e4 * y[1];
  J(1, 0) = 0.04, J(1, 1) = -6e7 * y[1] - 1e4 * y[2], J(1, 2) = -1e4 * y[1];
  J(2, 1) = 6e7 * y[1];
  return 0;
}

JACOBIAN(vdpol_jacobian) {
  double* y = DATA(yv);
  J(0, 1) = 1;
  J(1, 0) = (-2 * y[0] * y[1] - 1) / 1e-6, J(1, 1) = (1 - y[0] * y[0]) / 1e-6;
  return 0;
}

JACOBIAN(vdpol_1000_jacobian) {
  double* y = DATA(yv);
  J(0, 1) = 1;
  J(1, 0) = -2000 * y[0] * y[1] - 1, J(1, 1) = 1000 * (1 - y[0] * y[0]);
  return 0;
}

// `absolute` goes with the relative tolerance 1e-6, as in common.py.
typedef struct {
  const char* name;
  CVRhsFn f;
  CVLsJacFn jacobian;
  int n;
  double start[8], end, absolute;
  const double* reference;
} stiff_problem;

static const stiff_problem stiff_problems[] = {
    {"hires", hires, hires_jacobian, 8, {1, 0, 0, 0, 0, 0, 0, 0.0057}, 321.8122, 1e-8, ref_hires},
    {"orego", orego, orego_jacobian, 3, {1, 2, 3}, 360, 1e-6, ref_orego},
    {"robertson 1e5", robertson, robertson_jacobian, 3, {1, 0, 0}, 1e5, 1e-10, ref_robertson_1e5},
    {"robertson 1e11", robertson, robertson_jacobian, 3, {1, 0, 0}, 1e11, 1e-14, ref_robertson_1e11},
    {"vdpol", vdpol, vdpol_jacobian, 2, {2, 0}, 2, 1e-6, ref_vdpol},
    {"vdpol 1000", vdpol_1000, vdpol_1000_jacobian, 2, {2, 0}, 2000, 1e-6, ref_vdpol_1000},
};

// What CVode says at the end: negative where it was not reached.
static int solve_stiff(const stiff_problem* p, double tolerance, double* out, long* evaluations, long* steps) {
  N_Vector y = N_VNew_Serial(p->n, context);
  memcpy(DATA(y), p->start, p->n * sizeof(double));
  void* memory = CVodeCreate(CV_BDF, context);
  CVodeInit(memory, p->f, 0, y);
  CVodeSStolerances(memory, tolerance, p->absolute * tolerance / 1e-6);
  CVodeSetMaxNumSteps(memory, 10000000);
  CVodeSetMaxErrTestFails(memory, 50);
  CVodeSetMaxConvFails(memory, 100);
  SUNMatrix matrix = SUNDenseMatrix(p->n, p->n, context);
  SUNLinearSolver linear = SUNLinSol_Dense(y, matrix, context);
  CVodeSetLinearSolver(memory, linear, matrix);
  CVodeSetJacFn(memory, p->jacobian);
  CVodeSetStopTime(memory, p->end);
  double t;
  int flag = CVode(memory, p->end, y, &t, CV_NORMAL);
  CVodeGetNumRhsEvals(memory, evaluations);
  CVodeGetNumSteps(memory, steps);
  memcpy(out, DATA(y), p->n * sizeof(double));
  N_VDestroy(y);
  CVodeFree(&memory);
  SUNLinSolFree(linear);
  SUNMatDestroy(matrix);
  return flag;
}

static void w8(const stiff_problem* p) {
  const char* tolerances[] = {"1e-4", "1e-6", "1e-8", "1e-10"};
  for (int k = 0; k < 4; k++) {
    double out[8], tolerance = atof(tolerances[k]);
    long steps, evaluations;
    int flag = 0;
    for (int i = 0; i < 3; i++) flag = solve_stiff(p, tolerance, out, &evaluations, &steps);
    char title[80];
    snprintf(title, sizeof title, "W8 %s, bdf %s", p->name, tolerances[k]);
    if (flag < 0) {
      printf("{\"case\": \"%s\", \"peer\": \"%s\", \"config\": \"BDF\", \"failure\": \"CVode gave %d\"}\n", title, peer, flag);
      continue;
    }
    stopwatch s = stopwatch_start();
    while (stopwatch_goes_on(&s)) {
      double before = now();
      solve_stiff(p, tolerance, out, &evaluations, &steps);
      s.times[s.count++] = now() - before;
    }
    figure_by_both(title, peer, "BDF", &s, evaluations, steps, relative(out, p->reference, p->n),
                   worst_relative(out, p->reference, p->n));
  }
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
  } else if (!strcmp(what, "w8")) {
    for (int i = 0; i < 6; i++) w8(&stiff_problems[i]);
  }
  return 0;
}
