noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	engine/netaddr.c engine/netaddr.h
