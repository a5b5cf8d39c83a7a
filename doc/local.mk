dist_man_MANS += doc/stwc.1 doc/stwctl.1 doc/stwd.8
EXTRA_DIST += doc/dependencies.md doc/deploy.md doc/expressions.md doc/faults.md doc/first-hour.md doc/format.md doc/locked-out.md doc/migrate.md doc/performance.md doc/project.md doc/reload.md doc/testing.md doc/tools.md doc/verdict.md doc/zone.md
