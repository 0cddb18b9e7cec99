# What `cmake --install` lays down: headers, both libraries, a pkg-config file and a CMake package.
# The headers have Windows' names, so they go to a folder of their own that is never on the system's include path.
include(CMakePackageConfigHelpers)

set(cairn_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Cairn)

install(TARGETS cairn cairn_static EXPORT CairnTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/cairn DESTINATION include FILES_MATCHING PATTERN "*.h")
install(EXPORT CairnTargets NAMESPACE Cairn:: DESTINATION ${cairn_package_dir})

configure_package_config_file(cmake/CairnConfig.cmake.in ${PROJECT_BINARY_DIR}/CairnConfig.cmake
    INSTALL_DESTINATION ${cairn_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/CairnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/CairnConfig.cmake ${PROJECT_BINARY_DIR}/CairnConfigVersion.cmake
    DESTINATION ${cairn_package_dir})

# Relative to the file itself, so that the installed tree may be moved.
file(RELATIVE_PATH cairn_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" cairn_pc_prefix ${cairn_pc_prefix})
configure_file(cmake/cairn.pc.in ${PROJECT_BINARY_DIR}/cairn.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cairn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
