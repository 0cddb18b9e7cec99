# Examples, the demo and the benchmarks. All see the public headers only, as a user's program does.

# A program from one or more sources; it finds the library and dlopened neighbours beside itself.
function(cairn_add_program name folder output)
    add_executable(${name} ${ARGN})
    set_target_properties(${name} PROPERTIES
        OUTPUT_NAME ${output} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder} BUILD_RPATH "$ORIGIN")
    target_link_libraries(${name} PRIVATE cairn_flags Threads::Threads)
endfunction()

# A shared object that a program dlopens by its file name, NAME.so, found beside the program.
function(cairn_add_plugin name folder source)
    add_library(${name} MODULE ${source})
    get_filename_component(output ${source} NAME_WE)
    set_target_properties(${name} PROPERTIES
        PREFIX "" OUTPUT_NAME ${output} LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder} BUILD_RPATH "$ORIGIN")
    target_link_libraries(${name} PRIVATE cairn cairn_flags)
endfunction()

# examples/NAME.c: a program each, in build/examples; those written with tchar.h are built in both character widths.
file(GLOB cairn_examples CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*.c)
set(cairn_example_targets "")
foreach(source IN LISTS cairn_examples)
    get_filename_component(name ${source} NAME_WE)
    cairn_add_program(example.${name} examples ${name} ${source})
    target_link_libraries(example.${name} PRIVATE cairn)
    list(APPEND cairn_example_targets example.${name})
    file(STRINGS ${source} tchar_lines REGEX "_tmain")
    if(tchar_lines)
        cairn_add_program(example.${name}.unicode examples ${name}.unicode ${source})
        target_compile_definitions(example.${name}.unicode PRIVATE UNICODE _UNICODE)
        target_link_libraries(example.${name}.unicode PRIVATE cairn)
        list(APPEND cairn_example_targets example.${name}.unicode)
    endif()
endforeach()

# examples/demo: build/demo, and each *plugin*.c there as the shared object that it dlopens.
file(GLOB cairn_demo_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/demo/*.c)
set(cairn_demo_plugins ${cairn_demo_sources})
list(FILTER cairn_demo_plugins INCLUDE REGEX "/[^/]*plugin[^/]*$")
list(FILTER cairn_demo_sources EXCLUDE REGEX "/[^/]*plugin[^/]*$")
if(cairn_demo_sources)
    cairn_add_program(demo . demo ${cairn_demo_sources})
    target_link_libraries(demo PRIVATE cairn ${CMAKE_DL_LIBS})
    foreach(source IN LISTS cairn_demo_plugins)
        get_filename_component(name ${source} NAME_WE)
        cairn_add_plugin(demo.${name} . ${source})
        add_dependencies(demo demo.${name})
    endforeach()
endif()

# examples/malloc/compare.c: build/compare, which runs any program with and without libcairn_malloc.so.
if(TARGET cairn_malloc)
    cairn_add_program(compare . compare ${PROJECT_SOURCE_DIR}/examples/malloc/compare.c)
    add_dependencies(compare cairn_malloc)
endif()

# Benchmarks, made by the target `bench` only, in build/bench:
#   heap, heap_libc   bench/heap.c with this library, and with the C library's malloc; bench/heap.py builds it a third
#                     time, as a Windows program
#   malloc            bench/malloc: plain calls of malloc, for any malloc that is preloaded
#   launch            bench/launch.c: starts a program with a library preloaded
set(cairn_bench_dir ${PROJECT_SOURCE_DIR}/bench)
cairn_add_program(bench.heap bench heap ${cairn_bench_dir}/heap.c)
target_link_libraries(bench.heap PRIVATE cairn)
cairn_add_program(bench.heap_libc bench heap_libc ${cairn_bench_dir}/heap.c)
target_compile_definitions(bench.heap_libc PRIVATE BENCH_LIBC)
file(GLOB cairn_bench_malloc CONFIGURE_DEPENDS ${cairn_bench_dir}/malloc/*.c)
cairn_add_program(bench.malloc bench malloc ${cairn_bench_malloc})
target_include_directories(bench.malloc PRIVATE ${cairn_bench_dir})
target_link_libraries(bench.malloc PRIVATE ${CMAKE_DL_LIBS})
cairn_add_program(bench.launch bench launch ${cairn_bench_dir}/launch.c)
set(cairn_bench_targets bench.heap bench.heap_libc bench.malloc bench.launch)
set_target_properties(${cairn_bench_targets} PROPERTIES EXCLUDE_FROM_ALL ON)
add_custom_target(bench DEPENDS ${cairn_bench_targets})
if(TARGET cairn_malloc)
    add_dependencies(bench cairn_malloc)
endif()
