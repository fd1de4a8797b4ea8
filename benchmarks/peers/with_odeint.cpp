// Boost.odeint's controlled runge_kutta_dopri5: W1, W2 and the cold start.
#include <boost/array.hpp>
#include <boost/numeric/odeint.hpp>
#include <string>
#include <vector>

#include "common.h"
using namespace boost::numeric::odeint;

static const char* peer = "Boost.odeint";
static long evaluations;

struct lorenz {
  double rho;
  template <class S> void operator()(const S& y, S& d, double) const {
    ++evaluations;
    lorenz_rates(y.data(), d.data(), rho);
  }
};
struct arenstorf {
  template <class S> void operator()(const S& y, S& d, double) const {
    ++evaluations;
    arenstorf_rates(y.data(), d.data());
  }
};
struct pleiades {
  template <class S> void operator()(const S& y, S& d, double) const {
    ++evaluations;
    pleiades_rates(y.data(), d.data());
  }
};

template <class S, class F> static long solve(const F& f, S& y, double end, double tolerance) {
  return integrate_adaptive(make_controlled<runge_kutta_dopri5<S>>(tolerance, tolerance), f, y, 0.0, end, 1e-3);
}

template <size_t n, class F>
static void w1(const char* name, const F& f, const double* start, double end, const double* reference) {
  typedef boost::array<double, n> state;
  for (const char* tolerance : {"1e-6", "1e-9", "1e-12"}) {
    state y;
    long steps = 0;
    auto run = [&] {
      evaluations = 0;
      memcpy(y.data(), start, n * sizeof(double));
      steps = solve(f, y, end, atof(tolerance));
    };
    for (int i = 0; i < 20; i++) run();
    stopwatch s = stopwatch_start();
    while (stopwatch_goes_on(&s)) {
      double before = now();
      run();
      s.times[s.count++] = now() - before;
    }
    std::string title = std::string("W1 ") + name + ", dopri5 " + tolerance;
    figure(title.c_str(), peer, "dopri5", &s, evaluations, steps, relative(y.data(), reference, n));
  }
}

static void w2(const char* exact) {
  std::vector<double> ends(30000), reference(30000);
  FILE* file = fopen(exact, "rb");
  if (!file || fread(reference.data(), sizeof(double), 30000, file) != 30000) {
    fprintf(stderr, "no reference in %s\n", exact);
    exit(1);
  }
  fclose(file);
  long steps = 0;
  auto run = [&] {
    evaluations = steps = 0;
    for (int i = 0; i < 10000; i++) {
      boost::array<double, 3> y = {{1, 1, 1}};
      steps += solve(lorenz{28.0 * i / 9999.0}, y, 10.0, 1e-6);
      memcpy(&ends[3 * i], y.data(), 3 * sizeof(double));
    }
  };
  run();
  stopwatch s = stopwatch_start();
  while (stopwatch_goes_on(&s)) {
    double before = now();
    run();
    s.times[s.count++] = now() - before;
  }
  figure("W2 ensemble, dopri5 1e-6", peer, "dopri5, one after another", &s, evaluations, steps,
         relative(ends.data(), reference.data(), 30000));
}

int main(int count, char** arguments) {
  std::string what = count > 1 ? arguments[1] : "w1";
  if (what == "cold") {
    boost::array<double, 3> y = {{1, 1, 1}};
    solve(lorenz{28}, y, 20.0, 1e-6);
    printf("%.17g\n", y[0]);
  } else if (what == "w1") {
    w1<3>("lorenz", lorenz{28}, lorenz_start, 20.0, ref_lorenz);
    w1<4>("arenstorf", arenstorf(), arenstorf_start, arenstorf_period, ref_arenstorf);
    w1<28>("pleiades", pleiades(), pleiades_start, 3.0, ref_pleiades);
  } else if (what == "w2") {
    w2(count > 2 ? arguments[2] : "w2.bin");
  }
}
