"""Prints the C source that the compiler is given in the malloc benchmark: many functions of every common construct. It
includes nothing, so that it is the same everywhere.
"""

FUNCTION = """
struct s{0} {{ int values[{1}]; struct s{0} *next; double weight; }};
static int sum{0}(const struct s{0} *list, int count)
{{
    int result = {0};
    for (int i = 0; i < count; i++) {{
        switch (i % 5) {{
        case 0: result += list->values[i % {1}]; break;
        case 1: result ^= count * {2}; break;
        case 2: if (list->next) result += sum{0}(list->next, count - 1); break;
        default: result -= (int)(list->weight * i);
        }}
    }}
    return result;
}}
int call{0}(int count)
{{
    struct s{0} first = {{ {{ count }}, 0, {0}.5 }}, second = {{ {{ 1 }}, &first, 1.5 }};
    return sum{0}(&second, count) + sum{0}(&first, {1});
}}
"""

for index in range(100):
    print(FUNCTION.format(index, index % 13 + 1, index * 7 + 1))
