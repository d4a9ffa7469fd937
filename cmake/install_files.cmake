# What `cmake --install` puts in place: programs, configuration, archive profiles, units, man pages, completion. DESTDIR is respected.
# The programs know the prefix they were configured for (-DCMAKE_INSTALL_PREFIX); they look for their archive profiles there.
include(GNUInstallDirs)

install(TARGETS garner garnerd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY conf/archives conf/manifests DESTINATION ${CMAKE_INSTALL_DATADIR}/garner FILES_MATCHING PATTERN "*.yaml")

# What names paths is made at install time, so that it follows cmake --install --prefix.
install(CODE "
  set(source \"${CMAKE_SOURCE_DIR}\")
  set(made \"${CMAKE_BINARY_DIR}/installed\")
  set(GARNER_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  if(\"\${CMAKE_INSTALL_PREFIX}\" MATCHES \"^/usr(/local)?/?$\")
    set(GARNER_CONFIG_HOME /etc)
  else()
    set(GARNER_CONFIG_HOME \"\${CMAKE_INSTALL_PREFIX}/etc\")
  endif()
  set(GARNER_SYSCONF_DIR \"\${GARNER_CONFIG_HOME}/garner\")
  set(configured \"${CMAKE_INSTALL_PREFIX}\")
  set(units \"\${CMAKE_INSTALL_PREFIX}/lib/systemd\")"
)
install(CODE [[
  # An operator's own configuration is never overwritten.
  if(EXISTS "$ENV{DESTDIR}${GARNER_SYSCONF_DIR}/garnerd.yaml")
    message(STATUS "Kept: $ENV{DESTDIR}${GARNER_SYSCONF_DIR}/garnerd.yaml")
  else()
    file(INSTALL DESTINATION "${GARNER_SYSCONF_DIR}" TYPE FILE FILES "${source}/conf/garnerd.yaml")
  endif()
  configure_file("${source}/systemd/garnerd.service" "${made}/system/garnerd.service" @ONLY)
  configure_file("${source}/systemd/garnerd-user.service" "${made}/user/garnerd.service" @ONLY)
  file(INSTALL DESTINATION "${units}/system" TYPE FILE FILES "${made}/system/garnerd.service")
  file(INSTALL DESTINATION "${units}/user" TYPE FILE FILES "${made}/user/garnerd.service")
  if(NOT CMAKE_INSTALL_PREFIX STREQUAL configured)
    message(WARNING "Configured for ${configured}, installed to ${CMAKE_INSTALL_PREFIX}: the programs look for archive profiles in "
                    "${configured}. Configure with -DCMAKE_INSTALL_PREFIX=${CMAKE_INSTALL_PREFIX}, or set archives_directory.")
  endif()
]])
install(FILES systemd/garner.sysusers DESTINATION lib/sysusers.d RENAME garner.conf)
install(FILES systemd/garner.tmpfiles DESTINATION lib/tmpfiles.d RENAME garner.conf)

install(FILES docs/man/garner.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/man/garnerd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES client/completion/garner.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME garner)
install(FILES client/completion/garner.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _garner)
install(FILES client/completion/garner.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
