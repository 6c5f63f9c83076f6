# What `cmake --install` installs, and the Debian package that CPack makes of it:
#
#   cmake --build --preset release --target berth && (cd build/release && cpack)
#
# A package for the machine it is built on: the libraries it depends on are those that the program was linked with.

include(GNUInstallDirs)

set(BERTH_DEPLOY ${PROJECT_SOURCE_DIR}/deploy)

install(TARGETS berth RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# What plugins in shared objects are built against.
install(FILES ${PROJECT_SOURCE_DIR}/include/berth/plugin.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/berth)
# The unit names fixed places, so it belongs to an installation in /usr: the package's. Asked at installation, since
# CPack's prefix is known only then; file(INSTALL) heeds DESTDIR.
install(CODE "
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    file(INSTALL \"${BERTH_DEPLOY}/systemd/berth-schedule.service\" DESTINATION /usr/lib/systemd/system)
    file(INSTALL \"${BERTH_DEPLOY}/debian/scheduler.yaml\" DESTINATION /etc/berth)
  endif()")
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING PATTERN "*.md" PATTERN "*.svg"
  PATTERN "plugins/c" EXCLUDE PATTERN "plugins/cpp" EXCLUDE)
# Whole repositories, to be copied.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/plugins/c ${PROJECT_SOURCE_DIR}/docs/plugins/cpp
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/plugins)
install(DIRECTORY ${BERTH_DEPLOY}/kubernetes ${BERTH_DEPLOY}/grafana
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME berth)
set(CPACK_PACKAGE_VENDOR "The Berth authors")
set(CPACK_PACKAGE_CONTACT "The Berth authors <berth@berth.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Kubernetes scheduler with kube-scheduler's decisions")
set(CPACK_PACKAGE_DESCRIPTION
  "Berth places the pods of a Kubernetes cluster beside kube-scheduler or in its place, simulates
placements of recorded clusters, and explains them.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# The folder would be world-writable under some umasks.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${BERTH_DEPLOY}/debian/conffiles ${BERTH_DEPLOY}/debian/postinst ${BERTH_DEPLOY}/debian/prerm
  ${BERTH_DEPLOY}/debian/postrm)
include(CPack)
