# stwd and stwctl: the main role and the tool (main.mk), the other roles (edge.mk)
include runtime/edge.mk
include runtime/main.mk
