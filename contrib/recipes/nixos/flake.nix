# inputs.stw.url = "git+https://HOST/stw?dir=contrib/recipes/nixos";
{
  description = "stw: configuration compiler and runtime for mail servers";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in {
      packages = each (pkgs: { default = pkgs.callPackage ./package.nix { }; });
      nixosModules.default = { pkgs, ... }: {
        imports = [ ./module.nix ];
        services.stw.package = nixpkgs.lib.mkDefault self.packages.${pkgs.system}.default;
      };
    };
}
