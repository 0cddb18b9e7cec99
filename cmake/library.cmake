# The library, shared and static, from one set of objects:
#   cairn_objects  every source but the wmain start; unit tests link it directly and so see hidden symbols
#   cairn_start    src/crt/wmain_start.c, which defines main for programs that have wmain
#   cairn          libcairn.so
#   cairn_static   libcairn.a
# and beside it the drop-in malloc:
#   cairn_malloc         libcairn_malloc.so, which tools/cairn-run preloads; calls internal functions of libcairn.so
#   cairn_malloc_static  libcairn_malloc.a, in place of libcairn.a

file(GLOB cairn_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*/*.c)
set(cairn_start_source ${PROJECT_SOURCE_DIR}/src/crt/wmain_start.c)
list(REMOVE_ITEM cairn_sources ${cairn_start_source})
file(GLOB cairn_malloc_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/malloc/*.c)
list(REMOVE_ITEM cairn_sources ${cairn_malloc_sources})

file(GLOB cairn_text_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/crt/*.c)
if(NOT CAIRN_SANITIZE)
    set_source_files_properties(${cairn_text_sources} PROPERTIES COMPILE_OPTIONS "${cairn_text_options}")
endif()

# Link-time optimisation does not see what the assembler text of this file refers to.
# And HeapAlloc has the short way itself, though that is the same as RtlAllocateHeap's, to which it would jump.
if(cairn_lto_compile)
    set_source_files_properties(${PROJECT_SOURCE_DIR}/src/seh/jump.c PROPERTIES COMPILE_OPTIONS -fno-lto)
    set_source_files_properties(${PROJECT_SOURCE_DIR}/src/win32/heapapi.c PROPERTIES COMPILE_OPTIONS -fno-ipa-icf)
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
    LINKER_LANGUAGE C VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/first_functions.ld)
# Never unloaded: heaps, their handles and the fork handlers outlive the library's last user.
target_link_options(cairn PRIVATE ${cairn_lto_link} ${cairn_functions_link} ${cairn_shared_options})
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

# cairn_join_objects(NAME OUT TARGET...): NAME.o of the objects of the targets; OUT becomes what an archive is made of.
function(cairn_join_objects name out)
    set(objects "")
    foreach(target IN LISTS ARGN)
        list(APPEND objects $<TARGET_OBJECTS:${target}>)
    endforeach()
    if(CAIRN_SANITIZE)
        set(${out} ${objects} PARENT_SCOPE)
        return()
    endif()
    set(joined ${PROJECT_BINARY_DIR}/${name}.o)
    set_source_files_properties(${joined} PROPERTIES GENERATED ON EXTERNAL_OBJECT ON)
    add_custom_command(OUTPUT ${joined}
        COMMAND ${CMAKE_C_COMPILER} -r -nostdlib ${cairn_lto_join} -o ${joined} ${objects}
        COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${joined}
        DEPENDS ${ARGN} ${objects}
        COMMAND_EXPAND_LISTS VERBATIM
        COMMENT "Joining the objects of lib${name}.a")
    set(${out} ${joined} PARENT_SCOPE)
endfunction()

cairn_join_objects(cairn cairn_static_objects cairn_objects)
add_library(cairn_static STATIC ${cairn_static_objects} $<TARGET_OBJECTS:cairn_start>)
cairn_describe_library(cairn_static cairn_static)
set_target_properties(cairn_static PROPERTIES LINKER_LANGUAGE C)

# Not with a sanitizer: each of them replaces malloc itself.
if(CAIRN_SANITIZE)
    return()
endif()

# cairn_add_malloc_objects(NAME SOURCE...): no link-time optimisation, and the compiler must not take our malloc for the one
# it knows: it would make calls of malloc out of malloc's body. Exceptions of C++ pass through operator new.
function(cairn_add_malloc_objects name)
    cairn_add_objects(${name} ${ARGN})
    target_compile_options(${name} PRIVATE
        -fno-lto -fexceptions -fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free)
endfunction()

cairn_add_malloc_objects(cairn_malloc_objects ${cairn_malloc_sources})
target_compile_definitions(cairn_malloc_objects PRIVATE CAIRN_OUTSIDE)

# libcairn.so is found beside it, wherever both were moved. No symbol has a version: so they stand in for the C library's.
add_library(cairn_malloc SHARED $<TARGET_OBJECTS:cairn_malloc_objects>)
set_target_properties(cairn_malloc PROPERTIES
    LINKER_LANGUAGE C VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
    INSTALL_RPATH "$ORIGIN" BUILD_WITH_INSTALL_RPATH ON
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/replaceable.list)
target_link_libraries(cairn_malloc PUBLIC cairn)
# So little code and data that two mappings, not four, hold it.
target_link_options(cairn_malloc PRIVATE ${cairn_shared_options} -Wl,-z,noseparate-code -Wl,-z,defs
    -Wl,--dynamic-list=${PROJECT_SOURCE_DIR}/cmake/replaceable.list)
add_library(Cairn::cairn_malloc ALIAS cairn_malloc)

# The archive holds all of the library, since its hidden symbols are seen only within one object. What calls dlopen is left
# out: linkers warn of it in static programs.
list(REMOVE_ITEM cairn_malloc_sources ${PROJECT_SOURCE_DIR}/src/malloc/cxx_late.c)
cairn_add_malloc_objects(cairn_malloc_inside ${cairn_malloc_sources})
cairn_join_objects(cairn_malloc cairn_malloc_static_objects cairn_objects cairn_malloc_inside)
add_library(cairn_malloc_static STATIC ${cairn_malloc_static_objects} $<TARGET_OBJECTS:cairn_start>)
cairn_describe_library(cairn_malloc_static cairn_malloc_static)
set_target_properties(cairn_malloc_static PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME cairn_malloc)

configure_file(tools/cairn-run ${PROJECT_BINARY_DIR}/cairn-run COPYONLY)
