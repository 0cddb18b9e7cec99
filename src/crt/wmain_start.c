/*
 * main for programs that have a wmain instead. Alone in its file, so that a static link takes it only when main is
 * missing; a dynamic link finds it in the shared library. For that split it uses nothing but the exported functions.
 *
 * A C program has a plain wmain. In a C++ program the name tells the parameter types, so each usual form is looked for:
 * no parameters, a count alone, an array of strings with const in any place, the environment as a third; with char16_t,
 * or with wchar_t where -fshort-wchar made that the 16-bit type. Calling them all with three arguments is sound: the
 * calling convention lets a function ignore arguments that it does not declare.
 */
#include <tchar.h>

/* X(name here, name for the linker) */
#define WMAIN_FORMS(X)                                                                                                 \
    X(wmain_c, "wmain")                                                                                                \
    X(wmain_cxx_0, "_Z5wmainv")                                                                                        \
    X(wmain_cxx_1, "_Z5wmaini")                                                                                        \
    X(wmain_cxx_2, "_Z5wmainiPPDs")                                                                                    \
    X(wmain_cxx_3, "_Z5wmainiPPKDs")                                                                                   \
    X(wmain_cxx_4, "_Z5wmainiPKPDs")                                                                                   \
    X(wmain_cxx_5, "_Z5wmainiPKPKDs")                                                                                  \
    X(wmain_cxx_6, "_Z5wmainiPPDsS0_")                                                                                 \
    X(wmain_cxx_7, "_Z5wmainiPPKDsS1_")                                                                                \
    X(wmain_cxx_8, "_Z5wmainiPKPDsS1_")                                                                                \
    X(wmain_cxx_9, "_Z5wmainiPKPKDsS2_")                                                                               \
    X(wmain_cxx_10, "_Z5wmainiPPw")                                                                                    \
    X(wmain_cxx_11, "_Z5wmainiPPKw")                                                                                   \
    X(wmain_cxx_12, "_Z5wmainiPKPw")                                                                                   \
    X(wmain_cxx_13, "_Z5wmainiPKPKw")                                                                                  \
    X(wmain_cxx_14, "_Z5wmainiPPwS0_")                                                                                 \
    X(wmain_cxx_15, "_Z5wmainiPPKwS1_")                                                                                \
    X(wmain_cxx_16, "_Z5wmainiPKPwS1_")                                                                                \
    X(wmain_cxx_17, "_Z5wmainiPKPKwS2_")

typedef int wmain_function(int argc, WCHAR **argv, WCHAR **environment);

#define DECLARE_WMAIN(name, linker_name)                                                                               \
    CAIRN_API extern wmain_function name __asm__(linker_name) __attribute__((weak));
#define LIST_WMAIN(name, linker_name) name,

WMAIN_FORMS(DECLARE_WMAIN)

CAIRN_API int main(int argc, char **argv);

static wmain_function *find_wmain(void)
{
    wmain_function *const forms[] = {WMAIN_FORMS(LIST_WMAIN)};

    for (size_t index = 0; index < sizeof(forms) / sizeof(forms[0]); index++) {
        if (forms[index] != NULL) {
            return forms[index];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    wmain_function *wmain_found = find_wmain();

    if (wmain_found == NULL) {
        fputs("cairn: the program has neither main nor wmain\n", stderr);
        return 127;
    }
    if (cairn_widen_arguments(argc, argv) != 0) {
        fputs("cairn: no memory for the arguments of wmain\n", stderr);
        return 127;
    }
    return wmain_found(argc, cairn_wargv, cairn_wenviron);
}
