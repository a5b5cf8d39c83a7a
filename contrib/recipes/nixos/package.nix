{ lib, stdenv, autoreconfHook, pkg-config, re2c, bison, libyaml, lmdb, openssl, libevent, libcap, libseccomp, systemd
, libidn2, libpsl, libargon2, pcre2 }:

stdenv.mkDerivation {
  pname = "stw";
  version = "0.1.0";
  src = ../../..;
  nativeBuildInputs = [ autoreconfHook pkg-config re2c bison ];
  buildInputs = [ libyaml lmdb openssl libevent libcap libseccomp systemd libidn2 libpsl libargon2 pcre2 ];
  configureFlags = [
    "--sbindir=${placeholder "out"}/bin"
    "--with-systemdsystemunitdir=${placeholder "out"}/lib/systemd/system"
  ];
  enableParallelBuilding = true;
  meta = {
    description = "Offline configuration compiler and lean runtime for mail servers";
    license = lib.licenses.isc;
    platforms = lib.platforms.linux;
    mainProgram = "stwc";
  };
}
