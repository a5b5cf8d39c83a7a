# The configuration is compiled, and so checked, when the system is: a mistake stops nixos-rebuild, with file and line.
# Secrets stay out of the store: the configuration names files, and `credentials` says where the host has them.
{ config, lib, pkgs, ... }:

let
  cfg = config.services.stw;
  settings = lib.optional (cfg.settings != { })
    (pkgs.writeText "settings.json" (builtins.toJSON cfg.settings));
  words = cfg.options ++ cfg.sources ++ settings ++ lib.concatMap (file: [ "--overlay" file ]) cfg.overlays;
  image = pkgs.runCommand "mail.stwi" { nativeBuildInputs = [ cfg.package ]; } ''
    stwc build ${lib.escapeShellArgs words} -o mail.stwi
    install -m 444 mail.stwi $out
  '';
in {
  options.services.stw = {
    enable = lib.mkEnableOption "stwd, which serves a compiled mail-server configuration";
    package = lib.mkOption {
      type = lib.types.package;
      description = "The package that stwc, stwd and stwctl come from.";
    };
    sources = lib.mkOption {
      type = lib.types.listOf lib.types.path;
      default = [ ];
      example = lib.literalExpression "[ ./mail ]";
      description = "Files and folders that are one configuration.";
    };
    settings = lib.mkOption {
      type = lib.types.attrs;
      default = { };
      example = { NetworkListener.smtp = { protocol = "smtp"; bind = "[::]:25"; }; };
      description = "Objects of the configuration written in Nix, beside the sources.";
    };
    overlays = lib.mkOption {
      type = lib.types.listOf lib.types.path;
      default = [ ];
      description = "Sources that change objects of the others, for one host or group.";
    };
    options = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      example = [ "--strict" ];
      description = "Further words for stwc build.";
    };
    credentials = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = { };
      example = { "mail.key" = "/var/lib/secrets/mail.key"; };
      description = "Files that the configuration names by a relative path, and where this host has them.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    # by way of /etc, so that the path stays the same and stwd sees the link move
    environment.etc."stw/mail.stwi".source = image;
    users.groups.stw = { };
    users.users.stw = { isSystemUser = true; group = "stw"; };
    systemd.packages = [ cfg.package ];
    systemd.services.stwd = {
      wantedBy = [ "multi-user.target" ];
      # ExecReload of the unit waits for the verdict: a switch says so when stwd refuses
      reloadTriggers = [ image ];
      serviceConfig = {
        # the first word takes back what the unit of the package says
        ExecStart = [
          ""
          ("${cfg.package}/bin/stwd --foreground --image /etc/stw/mail.stwi --state /var/lib/stw/state"
            + " --control /run/stw/control.sock")
        ];
        LoadCredential = lib.mapAttrsToList (name: path: "${name}:${path}") cfg.credentials;
      };
    };
  };
}
