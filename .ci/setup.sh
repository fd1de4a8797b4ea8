# Sourced by ./nodal and ./test: `setup ROOT [tests]` looks for what a build and a run (or the tests) need, and
# installs what is missing, after naming it. Without root it prints the command to type.

say() { printf 'nodal: %s\n' "$*" >&2; }

# What is missing and cannot be done without; what is missing and is only missed.
needed=
wanted=

missing_on_linux() {
  [ -f /usr/include/readline/readline.h ] || needed="$needed libreadline-dev"
  command -v gnuplot >/dev/null 2>&1 || wanted="$wanted gnuplot-nox"
  for library in /usr/lib/*/libLLVM.so.19.1 /usr/lib/*/libLLVM-19.so /usr/lib/libLLVM.so.19.1 \
    /usr/lib/llvm-19/lib/libLLVM.so.1 none; do
    [ -e "$library" ] && break
  done
  [ "$library" = none ] && wanted="$wanted libllvm19"
  # The site that `nodal doc` makes is tested; running programs doesn't want it.
  [ "$purpose" != tests ] || command -v cmark-gfm >/dev/null 2>&1 || wanted="$wanted cmark-gfm"
  # So is the Python package.
  [ "$purpose" != tests ] || python3 -c 'import numpy' 2>/dev/null ||
    /usr/bin/python3 -c 'import numpy' 2>/dev/null || wanted="$wanted python3-numpy"
  return 0
}

missing_on_macos() {
  prefix=$(brew --prefix 2>/dev/null || echo /opt/homebrew)
  [ -d "$prefix/opt/readline" ] || needed="$needed readline"
  command -v gnuplot >/dev/null 2>&1 || wanted="$wanted gnuplot"
  [ -d "$prefix/opt/llvm@19" ] || wanted="$wanted llvm@19"
  [ "$purpose" != tests ] || command -v cmark-gfm >/dev/null 2>&1 || wanted="$wanted cmark-gfm"
}

# Installs Debian packages, the lists fetched first: a fresh machine has none.
apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -qq --no-install-recommends "$@" >&2 2>/dev/null && return 0
  apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends "$@" >&2
}

setup() {
  purpose=${2:-run}
  if ! command -v swift >/dev/null 2>&1; then
    say "the Swift toolchain (6.3 or later) is not on the PATH; see https://www.swift.org/install"
    exit 69
  fi
  case $(uname -s) in
    Darwin) missing_on_macos; install="brew install" ;;
    *) missing_on_linux; install="apt-get install -y --no-install-recommends" ;;
  esac
  [ -n "$needed$wanted" ] || return 0
  say "missing:$needed$wanted"
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    if [ -n "$needed" ]; then
      say "installing$needed (apt-get)"
      # Words are meant to be split.
      # shellcheck disable=SC2086
      apt_install $needed || {
        say "could not install$needed, which the build needs"
        exit 69
      }
    fi
    for package in $wanted; do
      say "installing $package (apt-get)"
      apt_install "$package" || say "could not install $package; going on without it"
    done
    return 0
  fi
  case $install in
    apt-get*) prefix="sudo " ;;
    *) prefix= ;;
  esac
  say "to install it, type: $prefix$install$needed$wanted"
  case " $wanted " in
    *gnuplot*) say "without gnuplot, plots are written as tables of numbers" ;;
  esac
  case " $wanted " in
    *cmark*) say "without cmark-gfm, the tests of the manual's site are skipped" ;;
  esac
  case " $wanted " in
    *llvm*) say "without LLVM 19, programs run on the slower reference executor" ;;
  esac
  if [ -n "$needed" ]; then
    say "the build needs$needed"
    exit 69
  fi
}
