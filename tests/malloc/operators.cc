// Every form of operator new and delete, in a program or, built with -DPLUGIN, in a plugin of a C program that has no
// C++ run-time of its own. `test_operators` returns the number of checks that failed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>
#include <string>
#include <vector>

static int checks, failures;

#define CHECK(condition)                                                                                               \
    (checks++, (condition) ? (void)0 : (void)(failures++, std::printf("%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition)))

static const std::size_t sizes[] = {0, 1, 16, 100, 5000, 3000000};
static volatile std::size_t too_much = SIZE_MAX / 2 + 1;

static void *volatile sink; // keeps the compiler from leaving pairs of new and delete out

static void *check(void *block, std::size_t size, std::size_t alignment = 16)
{
    sink = block;
    CHECK(block != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
    CHECK(malloc_usable_size(block) == size);
    std::memset(block, 1, size);
    return sink;
}

static void test_plain_forms()
{
    for (std::size_t size : sizes) {
        ::operator delete(check(::operator new(size), size));
        ::operator delete(check(::operator new(size), size), size);
        ::operator delete(check(::operator new(size, std::nothrow), size), std::nothrow);
        ::operator delete[](check(::operator new[](size), size));
        ::operator delete[](check(::operator new[](size), size), size);
        ::operator delete[](check(::operator new[](size, std::nothrow), size), std::nothrow);
    }
    ::operator delete(nullptr);
    ::operator delete[](nullptr);
}

static void test_aligned_forms()
{
    for (std::size_t alignment = 1; alignment <= 1 << 20; alignment *= 2) {
        for (std::size_t size : sizes) {
            auto align = std::align_val_t(alignment);
            ::operator delete(check(::operator new(size, align), size, alignment), align);
            ::operator delete(check(::operator new(size, align), size, alignment), size, align);
            ::operator delete(check(::operator new(size, align, std::nothrow), size, alignment), align, std::nothrow);
            ::operator delete[](check(::operator new[](size, align), size, alignment), align);
            ::operator delete[](check(::operator new[](size, align), size, alignment), size, align);
            ::operator delete[](check(::operator new[](size, align, std::nothrow), size, alignment), align, std::nothrow);
        }
    }
}

// Whether a call ends with std::bad_alloc; frames with destructors lie between.
template <typename Call> static bool throws_bad_alloc(Call call)
{
    std::string witness(100, 'x');
    try {
        sink = call();
    } catch (const std::bad_alloc &) {
        return witness == std::string(100, 'x');
    }
    return false;
}

static void check_no_memory(int *handler_calls, int expected)
{
    auto align = std::align_val_t(64);
    std::size_t size = too_much;
    *handler_calls = 0;
    CHECK(throws_bad_alloc([=] { return ::operator new(size); }));
    CHECK(throws_bad_alloc([=] { return ::operator new[](size); }));
    CHECK(throws_bad_alloc([=] { return ::operator new(size, align); }));
    CHECK(throws_bad_alloc([=] { return ::operator new[](size, align); }));
    CHECK(*handler_calls == 4 * expected);
    CHECK(::operator new(size, std::nothrow) == nullptr);
    CHECK(::operator new[](size, std::nothrow) == nullptr);
    CHECK(::operator new(size, align, std::nothrow) == nullptr);
    CHECK(::operator new[](size, align, std::nothrow) == nullptr);
    CHECK(*handler_calls == 8 * expected);
}

static int handler_calls;

static void test_no_memory()
{
    check_no_memory(&handler_calls, 0);

    // A handler that gives up after two calls, by taking itself away.
    static int left;
    auto install = [] {
        left = 2;
        std::set_new_handler([] {
            handler_calls++;
            if (--left == 0)
                std::set_new_handler(nullptr);
        });
    };
    handler_calls = 0;
    install();
    CHECK(throws_bad_alloc([] { return ::operator new(too_much); }));
    CHECK(handler_calls == 2);
    install();
    CHECK(::operator new(too_much, std::nothrow) == nullptr);
    CHECK(handler_calls == 4);

    // One that throws.
    std::set_new_handler([] {
        handler_calls++;
        throw std::bad_alloc();
    });
    check_no_memory(&handler_calls, 1);
    std::set_new_handler(nullptr);
    CHECK(throws_bad_alloc([] { return ::operator new(8, std::align_val_t(too_much | 24)); }));
}

static void test_containers()
{
    std::vector<std::string> texts;
    for (int i = 0; i < 10000; i++)
        texts.push_back(std::string(static_cast<std::size_t>(i % 300), static_cast<char>('a' + i % 26)));
    bool right = true;
    for (std::size_t i = 0; i < texts.size(); i++)
        right = right && texts[i] == std::string(i % 300, static_cast<char>('a' + i % 26));
    CHECK(right);
    struct alignas(128) wide {
        char bytes[200];
    };
    wide *object = new wide[3];
    sink = object;
    CHECK(reinterpret_cast<std::uintptr_t>(object) % 128 == 0);
    delete[] object;
}

extern "C" int test_operators()
{
    void *block = std::malloc(10);
    CHECK(malloc_usable_size(block) == 10);
    std::free(block);
    test_plain_forms();
    test_aligned_forms();
    test_no_memory();
    test_containers();
    std::printf("%d checks, %d failed\n", checks, failures);
    return failures;
}

#ifndef PLUGIN
int main()
{
    return test_operators() == 0 ? 0 : 1;
}
#endif
