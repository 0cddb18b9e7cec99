# Tests: one process each, named FOLDER.FILE after tests/FOLDER/FILE.c.
#   tests/unit, model, fault   may include src/ and link the library's objects, hidden symbols and all
#   any other folder           public headers and libcairn.so; tests/conformance once more with libcairn.a (static.FILE)
#   tests/malloc               no library's headers needed: linked with libcairn_malloc.so, and once more unmodified, with
#                              it preloaded (preload.FILE); late*.c just dlopen it. Not with sanitizers, as the library
#   tests/FOLDER/*.plugin.c    shared objects that the tests of that folder dlopen by file name
#   tests/spec                 no tests: the lines of the specification, and what makes docs/compatibility.md of the log
#                              of each test in BUILD/spec (see SPEC in tests/lib/check.h)
#   tests/**/*.sh              scripts, called with the include, build and source folders; plain release builds only
set(cairn_internal_folders unit model fault)
set(cairn_test_timeout 120)

# Thread sanitizer of GCC 12 cannot place its shadow when the kernel randomises addresses widely.
set(cairn_launcher "")
if(CAIRN_SANITIZE STREQUAL thread)
    execute_process(COMMAND setarch -R true RESULT_VARIABLE cairn_setarch_result OUTPUT_QUIET ERROR_QUIET)
    if(cairn_setarch_result EQUAL 0)
        set(cairn_launcher setarch -R)
    endif()
endif()

# Puts tests/lib/ledger.c between a test's copy of the library's objects and the system, which then has pages of
# 2^shift bytes.
set(cairn_ledger_calls os_find_page_shift os_reserve os_reserve_zeros os_commit os_decommit os_discard os_release)
function(cairn_use_ledger target shift)
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/lib/ledger.c)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/lib ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(${target} PRIVATE CAIRN_TEST_PAGE_SHIFT=${shift})
    list(TRANSFORM cairn_ledger_calls PREPEND -Wl,--wrap= OUTPUT_VARIABLE options)
    target_link_options(${target} PRIVATE ${options})
endfunction()

# The library's own objects, for tests that see hidden symbols.
function(cairn_use_objects target)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(${target} PRIVATE CAIRN_ASSERT_LEVEL=${CAIRN_ASSERT_LEVEL})
    target_link_libraries(${target} PRIVATE cairn_objects ${CMAKE_DL_LIBS})
    target_link_options(${target} PRIVATE "$<$<C_COMPILER_ID:GNU>:-fno-lto>")
endfunction()

file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/spec)
function(cairn_register_test name label)
    add_test(NAME ${name} COMMAND ${ARGN})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${cairn_test_timeout} LABELS ${label}
        ENVIRONMENT_MODIFICATION CAIRN_SPEC_LOG=set:${PROJECT_BINARY_DIR}/spec/${name}.log)
endfunction()

# The sanitizers' dlopen does not see a program's own run path, so the folder of its plugins is named once more here.
function(cairn_register_program name label)
    cairn_register_test(${name} ${label} ${cairn_launcher} $<TARGET_FILE:${name}>)
    set_tests_properties(${name} PROPERTIES WORKING_DIRECTORY $<TARGET_FILE_DIR:${name}>)
    set_property(TEST ${name} APPEND PROPERTY
        ENVIRONMENT_MODIFICATION LD_LIBRARY_PATH=path_list_prepend:$<TARGET_FILE_DIR:${name}>)
endfunction()

function(cairn_add_malloc_test name source)
    if(CAIRN_SANITIZE)
        return()
    endif()
    cairn_add_program(malloc.${name} tests malloc.${name} ${source})
    target_include_directories(malloc.${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/lib ${PROJECT_SOURCE_DIR}/include/cairn)
    target_compile_options(malloc.${name} PRIVATE -fno-builtin)
    # The registry's library only where a test uses it.
    target_link_options(malloc.${name} PRIVATE -Wl,--as-needed)
    if(name MATCHES "^late")
        set_target_properties(malloc.${name} PROPERTIES BUILD_RPATH "$ORIGIN/..")
        add_dependencies(malloc.${name} cairn_malloc)
        cairn_register_program(malloc.${name} malloc)
        return()
    endif()
    target_link_libraries(malloc.${name} PRIVATE cairn_malloc)
    cairn_register_program(malloc.${name} malloc)

    cairn_add_program(preload.${name} tests preload.${name} $<TARGET_OBJECTS:malloc.${name}>)
    set_target_properties(preload.${name} PROPERTIES LINKER_LANGUAGE C)
    target_link_options(preload.${name} PRIVATE -Wl,--as-needed)
    target_link_libraries(preload.${name} PRIVATE cairn)
    add_dependencies(preload.${name} cairn_malloc)
    cairn_register_program(preload.${name} malloc)
    set_property(TEST preload.${name} APPEND PROPERTY
        ENVIRONMENT_MODIFICATION LD_PRELOAD=set:$<TARGET_FILE:cairn_malloc>)
endfunction()

file(GLOB cairn_tests CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/tests/*/*.c)
list(FILTER cairn_tests EXCLUDE REGEX "^lib/")
foreach(test IN LISTS cairn_tests)
    set(source ${PROJECT_SOURCE_DIR}/tests/${test})
    get_filename_component(folder ${test} DIRECTORY)
    get_filename_component(name ${test} NAME_WLE)
    set(target ${folder}.${name})
    if(name MATCHES "\\.plugin$")
        cairn_add_plugin(${target} tests ${source})
        set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name})
        continue()
    endif()
    if(folder STREQUAL malloc)
        cairn_add_malloc_test(${name} ${source})
        continue()
    endif()
    cairn_add_program(${target} tests ${target} ${source})
    target_compile_definitions(${target} PRIVATE $<$<CONFIG:Debug>:CAIRN_TEST_DEBUG>)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/lib)
    target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
    if(folder STREQUAL seh)
        # GCC takes variables that no guarded body changes for such.
        target_compile_options(${target} PRIVATE "$<$<C_COMPILER_ID:GNU>:-Wno-clobbered>")
    endif()
    if(folder IN_LIST cairn_internal_folders)
        cairn_use_objects(${target})
    else()
        target_link_libraries(${target} PRIVATE cairn)
    endif()
    cairn_register_program(${target} ${folder})

    if(folder STREQUAL conformance AND NOT CAIRN_SANITIZE)
        cairn_add_program(static.${name} tests static.${name} $<TARGET_OBJECTS:${target}>)
        set_target_properties(static.${name} PROPERTIES LINKER_LANGUAGE C)
        target_link_libraries(static.${name} PRIVATE cairn_static ${CMAKE_DL_LIBS})
        cairn_register_program(static.${name} static)
    endif()
endforeach()

cairn_use_ledger(fault.strict_commit 12)

# Once more on larger pages: pages14.FILE and pages16.FILE, of 16 and 64 KiB.
set(cairn_paged_tests model/random_operations model/threads stress/exchange stress/heap_reuse
    conformance/heap_compact conformance/heap_summary conformance/heap_validate)
foreach(shift 14 16)
    foreach(test IN LISTS cairn_paged_tests)
        get_filename_component(name ${test} NAME)
        set(target pages${shift}.${name})
        cairn_add_program(${target} tests ${target} ${PROJECT_SOURCE_DIR}/tests/${test}.c)
        cairn_use_objects(${target})
        cairn_use_ledger(${target} ${shift})
        cairn_register_program(${target} pages)
    endforeach()
endforeach()

# What holds of every heap, once more of debug heaps: debug_hpc.FILE and so on, with these global flags. hvc looks at the
# whole heap in every call, which is too slow for tests of large heaps. The thread sanitizer, which makes these ten times
# slower, has nothing to find in them: they are the tests of one thread once more.
set(cairn_debug_tests heap_alloc heap_create heap_destroy heap_extended_information heap_free heap_lock heap_realloc heap_size heap_unlock heap_validate
    heap_walk rtl_allocate_heap rtl_create_heap_lock rtl_free_heap rtl_multiple_heap rtl_query_process_heap_information rtl_reallocate_heap
    rtl_size_heap rtl_tag_heap rtl_usage_heap rtl_user_info_heap rtl_walk_heap global_local_alloc global_local_free
    global_local_lock global_local_query co_task_mem crt_aligned crt_blocks crt_heap sys_string)
function(cairn_add_debug_tests prefix gflags)
    if(CAIRN_SANITIZE STREQUAL thread)
        return()
    endif()
    foreach(name IN LISTS ARGN)
        add_test(NAME ${prefix}.${name} COMMAND ${cairn_launcher} $<TARGET_FILE:conformance.${name}>)
        set_tests_properties(${prefix}.${name} PROPERTIES TIMEOUT ${cairn_test_timeout} LABELS debug
            WORKING_DIRECTORY $<TARGET_FILE_DIR:conformance.${name}> ENVIRONMENT CAIRN_OPTIONS=gflags=${gflags})
    endforeach()
endfunction()
cairn_add_debug_tests(debug_htc_hfc +htc+hfc ${cairn_debug_tests})
list(REMOVE_ITEM cairn_debug_tests heap_walk)
cairn_add_debug_tests(debug_hpc_ust +hpc+ust ${cairn_debug_tests})
# Not where it matters which blocks become one, how far apart they are, or which tags there are.
list(REMOVE_ITEM cairn_debug_tests heap_alloc heap_create heap_free heap_realloc heap_validate rtl_tag_heap rtl_walk_heap
    rtl_query_process_heap_information)
cairn_add_debug_tests(debug_dhc_htg_htd +dhc+htg+htd ${cairn_debug_tests})
cairn_add_debug_tests(debug_hvc +hvc heap_create heap_destroy heap_lock rtl_user_info_heap rtl_tag_heap crt_blocks)

foreach(example IN LISTS cairn_example_targets)
    cairn_register_program(${example} example)
endforeach()
if(TARGET demo)
    cairn_register_program(demo example)
endif()

if(CMAKE_BUILD_TYPE STREQUAL Release AND NOT CAIRN_SANITIZE)
    file(GLOB cairn_scripts CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/tests
         ${PROJECT_SOURCE_DIR}/tests/*.sh ${PROJECT_SOURCE_DIR}/tests/*/*.sh)
    list(FILTER cairn_scripts EXCLUDE REGEX "^lib/")
    foreach(script IN LISTS cairn_scripts)
        string(REGEX REPLACE "\\.sh$" "" name ${script})
        string(REPLACE "/" "." name ${name})
        set(shell sh)
        file(STRINGS ${PROJECT_SOURCE_DIR}/tests/${script} first_line LIMIT_COUNT 1)
        if(first_line MATCHES "bash")
            set(shell bash)
        endif()
        cairn_register_test(${name} script ${shell} ${PROJECT_SOURCE_DIR}/tests/${script}
            ${PROJECT_SOURCE_DIR}/include/cairn ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
        set_tests_properties(${name} PROPERTIES
            WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
    endforeach()
endif()
