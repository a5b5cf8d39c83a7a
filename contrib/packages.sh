#!/usr/bin/env bash
# Which Debian 12 packages stw needs. As a program it installs those that are missing:
#
#   contrib/packages.sh [--test]      to build; with --test also to run every test
#
# contrib/check, contrib/quickstart and contrib/ci/install read it.
# shellcheck disable=SC2034

# to build, also from a clone; doc/dependencies.md says what each is for
build_packages=(
	gcc libc6-dev make autoconf automake pkg-config re2c bison
	libyaml-dev liblmdb-dev libssl-dev libevent-dev libcap-dev libseccomp-dev libsystemd-dev
	libidn2-dev libpsl-dev libpcre2-dev libc-ares-dev libjansson-dev libargon2-dev
)
# to talk to a running stwd by hand
talk_packages=(openssl curl ca-certificates)
# to run every test; each test says so when its tool is not there
test_packages=(
	libcmocka-dev clang python3 openssl curl binutils xz-utils
	clang-format-14 mandoc shellcheck procps valgrind
	python3-jsonschema git ansible-core nix-bin bind9-utils knot knot-dnssecutils
	graphviz chromium
)

# missing_packages NAME...: prints those that are not installed.
missing_packages()
{
	local name
	for name; do
		dpkg-query -W -f '${db:Status-Abbrev}\n' "$name" 2>/dev/null | grep -q '^ii' ||
			printf '%s\n' "$name"
	done
}

# install_packages LOG NAME...: installs what is missing, quietly; false when it cannot.
# On a system without apt it leaves everything to configure, which names what it does not find.
install_packages()
{
	local log=$1 missing as_root=()
	shift
	command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || return 0
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null; then
			printf '%s: these packages are missing, and neither root nor sudo is here to install them:\n  %s\n' \
				"${0##*/}" "${missing[*]}" >&2
			return 1
		fi
		# without a terminal sudo must not wait for a password
		if [ -t 0 ]; then as_root=(sudo); else as_root=(sudo -n); fi
	fi
	printf '%s: installing %s\n' "${0##*/}" "${missing[*]}"
	as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
	if ! { "${as_root[@]}" update &&
		"${as_root[@]}" install -y --no-install-recommends "${missing[@]}"; } \
		>"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		printf '%s: apt-get failed\n' "${0##*/}" >&2
		return 1
	fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	wanted=("${build_packages[@]}")
	case ${1-} in
	'') ;;
	--test) wanted+=("${test_packages[@]}") ;;
	*)
		sed -n '2,/^# shellcheck/s/^# \{0,1\}//p' "$0" | sed '$d'
		exit 2
		;;
	esac
	log=$(mktemp) || exit 1
	trap 'rm -f "$log"' EXIT
	install_packages "$log" "${wanted[@]}"
fi
