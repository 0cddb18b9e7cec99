#include "malloc/cxx.h"

#include <dlfcn.h>

void *cxx_find_late(const char *name)
{
    static const char *const runtimes[] = {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};
    void *found = NULL;

    for (size_t i = 0; i < sizeof runtimes / sizeof runtimes[0] && found == NULL; i++) {
        void *runtime = dlopen(runtimes[i], RTLD_NOLOAD | RTLD_LAZY);
        if (runtime == NULL)
            continue;
        found = dlsym(runtime, name);
        dlclose(runtime);
    }
    return found;
}
