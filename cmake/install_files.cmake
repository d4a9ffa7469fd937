# What `cmake --install` puts in place: programs, configuration, archive profiles, units, man pages, completion.
include(GNUInstallDirs)

set(GARNER_SYSTEMD_DIR ${CMAKE_INSTALL_PREFIX}/lib/systemd CACHE PATH "Where systemd looks for units of packages")
set(GARNER_SYSCONF_DIR ${CMAKE_INSTALL_FULL_SYSCONFDIR}/garner)
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr")
  set(GARNER_SYSCONF_DIR /etc/garner)
endif()

install(TARGETS garner garnerd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY conf/archives conf/manifests DESTINATION ${CMAKE_INSTALL_DATADIR}/garner FILES_MATCHING PATTERN "*.yaml")
# An operator's own configuration is never overwritten.
install(CODE "
  set(target \"\$ENV{DESTDIR}${GARNER_SYSCONF_DIR}/garnerd.yaml\")
  if(NOT EXISTS \"\${target}\")
    file(INSTALL DESTINATION \"${GARNER_SYSCONF_DIR}\" TYPE FILE FILES \"${CMAKE_SOURCE_DIR}/conf/garnerd.yaml\")
  else()
    message(STATUS \"Kept: \${target}\")
  endif()")

configure_file(systemd/garnerd.service ${CMAKE_BINARY_DIR}/systemd/system/garnerd.service @ONLY)
configure_file(systemd/garnerd-user.service ${CMAKE_BINARY_DIR}/systemd/user/garnerd.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/systemd/system/garnerd.service DESTINATION ${GARNER_SYSTEMD_DIR}/system)
install(FILES ${CMAKE_BINARY_DIR}/systemd/user/garnerd.service DESTINATION ${GARNER_SYSTEMD_DIR}/user)
install(FILES systemd/garner.sysusers DESTINATION lib/sysusers.d RENAME garner.conf)
install(FILES systemd/garner.tmpfiles DESTINATION lib/tmpfiles.d RENAME garner.conf)

install(FILES docs/man/garner.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/man/garnerd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES client/completion/garner.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME garner)
install(FILES client/completion/garner.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _garner)
install(FILES client/completion/garner.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
