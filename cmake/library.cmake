# The library, shared and static, from one set of objects:
#   cairn_objects  every source but the wmain start; unit tests link it directly and so see hidden symbols
#   cairn_start    src/crt/wmain_start.c, which defines main for programs that have wmain
#   cairn          libcairn.so
#   cairn_static   libcairn.a

file(GLOB cairn_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*/*.c)
set(cairn_start_source ${PROJECT_SOURCE_DIR}/src/crt/wmain_start.c)
list(REMOVE_ITEM cairn_sources ${cairn_start_source})

file(GLOB cairn_text_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/crt/*.c)
if(NOT CAIRN_SANITIZE)
    set_source_files_properties(${cairn_text_sources} PROPERTIES COMPILE_OPTIONS "${cairn_text_options}")
endif()

function(cairn_add_objects name)
    add_library(${name} OBJECT ${ARGN})
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/include/cairn PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${name} PRIVATE cairn_library_flags)
    target_compile_options(${name} PRIVATE ${cairn_lto_compile})
endfunction()

cairn_add_objects(cairn_objects ${cairn_sources})
cairn_add_objects(cairn_start ${cairn_start_source})

function(cairn_describe_library name export_name)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME cairn EXPORT_NAME ${export_name})
    target_include_directories(${name} INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include/cairn> $<INSTALL_INTERFACE:include/cairn>)
    target_link_libraries(${name} PUBLIC Threads::Threads)
    add_library(Cairn::${export_name} ALIAS ${name})
endfunction()

add_library(cairn SHARED $<TARGET_OBJECTS:cairn_objects> $<TARGET_OBJECTS:cairn_start>)
cairn_describe_library(cairn cairn)
set_target_properties(cairn PROPERTIES
    LINKER_LANGUAGE C VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
# Never unloaded: heaps, their handles and the fork handlers outlive the library's last user.
target_link_options(cairn PRIVATE ${cairn_lto_link} -Wl,-z,nodelete -Wl,-z,relro,-z,now -Wl,-Bsymbolic-functions)
if(CAIRN_SANITIZE)
    target_link_options(cairn PRIVATE -fsanitize=${CAIRN_SANITIZE})
endif()
# Clang leaves a sanitizer's run-time out of shared libraries, so their references to it stay open.
if(NOT (CAIRN_SANITIZE AND CMAKE_C_COMPILER_ID MATCHES Clang))
    target_link_options(cairn PRIVATE -Wl,-z,defs)
endif()

# Hidden symbols are still global inside an archive and would clash with a program's own names. So the objects become
# one, in which they are local. The wmain start stays a member of its own: the linker takes it only when main is missing.
set(cairn_lto_join ${cairn_lto_link})
if(cairn_lto_link)
    list(APPEND cairn_lto_join -flinker-output=nolto-rel)
endif()
if(CAIRN_SANITIZE)
    set(cairn_static_objects $<TARGET_OBJECTS:cairn_objects>)
else()
    set(cairn_static_objects ${PROJECT_BINARY_DIR}/cairn.o)
    set_source_files_properties(${cairn_static_objects} PROPERTIES GENERATED ON EXTERNAL_OBJECT ON)
    add_custom_command(OUTPUT ${cairn_static_objects}
        COMMAND ${CMAKE_C_COMPILER} -r -nostdlib ${cairn_lto_join} -o ${cairn_static_objects} $<TARGET_OBJECTS:cairn_objects>
        COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${cairn_static_objects}
        DEPENDS cairn_objects $<TARGET_OBJECTS:cairn_objects>
        COMMAND_EXPAND_LISTS VERBATIM
        COMMENT "Joining the objects of libcairn.a")
endif()
add_library(cairn_static STATIC ${cairn_static_objects} $<TARGET_OBJECTS:cairn_start>)
cairn_describe_library(cairn_static cairn_static)
set_target_properties(cairn_static PROPERTIES LINKER_LANGUAGE C)
