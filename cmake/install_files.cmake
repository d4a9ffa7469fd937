# What `cmake --install` puts in place beside the programs. systemd units go where the distribution looks for them.
include(GNUInstallDirs)
