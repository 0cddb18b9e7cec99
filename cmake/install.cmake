# What `cmake --install` lays down: headers, the libraries, cairn-run, pkg-config files and a CMake package.
# The headers have Windows' names, so they go to a folder of their own that is never on the system's include path.
include(CMakePackageConfigHelpers)

set(cairn_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Cairn)

install(TARGETS cairn cairn_static EXPORT CairnTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET cairn_malloc)
    install(TARGETS cairn_malloc cairn_malloc_static EXPORT CairnTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(PROGRAMS tools/cairn-run DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
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
if(TARGET cairn_malloc)
    configure_file(cmake/cairn-malloc.pc.in ${PROJECT_BINARY_DIR}/cairn-malloc.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/cairn-malloc.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
