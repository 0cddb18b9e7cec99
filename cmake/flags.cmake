# Compiler and linker flags, as two interface targets:
#   cairn_flags          everything of ours: warnings, sanitizer
#   cairn_library_flags  the library alone: visibility, TLS model, hardening

add_library(cairn_flags INTERFACE)
target_compile_definitions(cairn_flags INTERFACE _GNU_SOURCE)
target_compile_options(cairn_flags INTERFACE
    -Wall -Wextra -Wundef -Wconversion -Wshadow -Wstrict-prototypes -Wvla -Wcast-qual
    -Wpointer-arith -Wwrite-strings)

add_library(cairn_library_flags INTERFACE)
target_link_libraries(cairn_library_flags INTERFACE cairn_flags)
target_compile_definitions(cairn_library_flags INTERFACE CAIRN_ASSERT_LEVEL=${CAIRN_ASSERT_LEVEL})
# initial-exec: the last error and the like are one load from the thread register, also in a dlopened library.
# Missing prototypes are looked for here only: wmain, in a program, takes many forms and so has none.
# No semantic interposition: our calls to our own exported functions are plain calls, as they are in a DLL.
target_compile_options(cairn_library_flags INTERFACE
    -Wmissing-prototypes
    -fvisibility=hidden -ftls-model=initial-exec -fno-semantic-interposition -fno-plt)

if(CAIRN_SANITIZE)
    set(cairn_sanitizer_options -fsanitize=${CAIRN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(cairn_flags INTERFACE ${cairn_sanitizer_options})
    target_link_options(cairn_flags INTERFACE -fsanitize=${CAIRN_SANITIZE})
else()
    target_compile_options(cairn_library_flags INTERFACE "$<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endif()

# Buffers on the stack are found in crt/ only; elsewhere a canary would cost the short paths a tenth of their instructions.
set(cairn_text_options -fstack-protector-strong -fstack-clash-protection)

# GCC inlines across the layers at link time. The objects hold plain code too, for tests that replace functions of a layer.
# One partition, with a section for each function, so that first_functions.ld can choose which lie in front.
set(cairn_lto_compile "")
set(cairn_lto_link "")
set(cairn_functions_link "")
if(CMAKE_BUILD_TYPE STREQUAL Release AND CMAKE_C_COMPILER_ID STREQUAL GNU AND NOT CAIRN_SANITIZE)
    set(cairn_lto_compile -flto=auto -ffat-lto-objects)
    set(cairn_lto_link -flto=auto -flto-partition=one -O2 -ffunction-sections)
    set(cairn_functions_link -Wl,-T,${PROJECT_SOURCE_DIR}/cmake/first_functions.ld)
endif()

# The C start files hold nothing that our libraries need, but variables, on a page that the loader would write to.
set(cairn_shared_options -nostartfiles -Wl,-z,nodelete -Wl,-z,relro,-z,now -Wl,-Bsymbolic-functions)
