// A program with operators of its own in place of some, as -DPLAIN, -DALIGNED, -DARRAYS and -DONLY_NEW choose. Its blocks
// are none of the heap's. By the standard's default (C++17 [new.delete]) all other forms are made of the replaced ones;
// of what no replaced one is part they are the library's.
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <new>

static int checks, failures;

#define CHECK(condition)                                                                                               \
    (checks++, (condition) ? (void)0 : (void)(failures++, std::printf("%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition)))

enum maker {
    LIBRARY,
    PLAIN_PAIR,
    ALIGNED_PAIR,
    ARRAY_PAIR,
    NEW_ALONE, // of malloc's blocks, which the library's operator delete takes
    MAKERS
};

static int news[MAKERS], deletes[MAKERS];

// So far into a block of malloc's that free does not know it.
static const std::size_t in_front = 256;

[[maybe_unused]] static void *make(maker by, std::size_t size)
{
    char *memory = static_cast<char *>(std::aligned_alloc(in_front, size + in_front));
    *reinterpret_cast<maker *>(memory) = by;
    news[by]++;
    return memory + in_front;
}

[[maybe_unused]] static void take_back(maker by, void *block)
{
    char *memory = static_cast<char *>(block) - in_front;
    CHECK(*reinterpret_cast<maker *>(memory) == by);
    deletes[by]++;
    std::free(memory);
}

#ifdef PLAIN
static const maker plain = PLAIN_PAIR;

void *operator new(std::size_t size)
{
    return make(PLAIN_PAIR, size);
}

void operator delete(void *block) noexcept
{
    take_back(PLAIN_PAIR, block);
}
#elif defined(ONLY_NEW)
static const maker plain = NEW_ALONE;

void *operator new(std::size_t size)
{
    news[NEW_ALONE]++;
    return std::malloc(size);
}
#else
static const maker plain = LIBRARY;
#endif

#ifdef ALIGNED
static const maker aligned = ALIGNED_PAIR;

void *operator new(std::size_t size, std::align_val_t)
{
    return make(ALIGNED_PAIR, size);
}

void operator delete(void *block, std::align_val_t) noexcept
{
    take_back(ALIGNED_PAIR, block);
}
#else
static const maker aligned = LIBRARY;
#endif

#ifdef ARRAYS
static const maker arrays = ARRAY_PAIR;

void *operator new[](std::size_t size)
{
    return make(ARRAY_PAIR, size);
}

void operator delete[](void *block) noexcept
{
    take_back(ARRAY_PAIR, block);
}
#else
static const maker arrays = plain;
#endif

static bool has_deletes(maker by)
{
    return by != LIBRARY && by != NEW_ALONE;
}

static int total(const int *counts)
{
    int sum = 0;
    for (int i = 0; i < MAKERS; i++)
        sum += counts[i];
    return sum;
}

static void *volatile sink; // keeps the compiler from leaving pairs of new and delete out

static const std::size_t size = 40;
static const std::align_val_t align = std::align_val_t(64);

// One block comes from the operator of that maker, once, and goes back there; no other of the program's is called.
template <typename New, typename Delete> static void check(const char *forms, maker by, New allocate, Delete release)
{
    int failures_before = failures;
    for (int i = 0; i < MAKERS; i++)
        news[i] = deletes[i] = 0;
    void *block = sink = allocate();
    CHECK(news[by] == (by != LIBRARY) && total(news) == news[by]);
    if (!has_deletes(by))
        CHECK(malloc_usable_size(block) == size);
    release(block);
    CHECK(deletes[by] == has_deletes(by) && total(deletes) == deletes[by]);
    if (failures != failures_before)
        std::printf("    of %s\n", forms);
}

#define CHECK_PAIR(by, allocate, release)                                                                              \
    check(#allocate " and " #release, by, [] { return allocate; }, [](void *block) { release; })

static void test_plain_forms()
{
    CHECK_PAIR(plain, ::operator new(size), ::operator delete(block));
    CHECK_PAIR(plain, ::operator new(size), ::operator delete(block, size));
    CHECK_PAIR(plain, ::operator new(size), ::operator delete(block, std::nothrow));
    CHECK_PAIR(plain, ::operator new(size, std::nothrow), ::operator delete(block));
    CHECK_PAIR(plain, ::operator new(size, std::nothrow), ::operator delete(block, std::nothrow));
    CHECK_PAIR(arrays, ::operator new[](size), ::operator delete[](block));
    CHECK_PAIR(arrays, ::operator new[](size), ::operator delete[](block, size));
    CHECK_PAIR(arrays, ::operator new[](size), ::operator delete[](block, std::nothrow));
    CHECK_PAIR(arrays, ::operator new[](size, std::nothrow), ::operator delete[](block));
    CHECK_PAIR(arrays, ::operator new[](size, std::nothrow), ::operator delete[](block, std::nothrow));
}

static void test_aligned_forms()
{
    CHECK_PAIR(aligned, ::operator new(size, align), ::operator delete(block, align));
    CHECK_PAIR(aligned, ::operator new(size, align), ::operator delete(block, size, align));
    CHECK_PAIR(aligned, ::operator new(size, align), ::operator delete(block, align, std::nothrow));
    CHECK_PAIR(aligned, ::operator new(size, align, std::nothrow), ::operator delete(block, align));
    CHECK_PAIR(aligned, ::operator new[](size, align), ::operator delete[](block, align));
    CHECK_PAIR(aligned, ::operator new[](size, align), ::operator delete[](block, size, align));
    CHECK_PAIR(aligned, ::operator new[](size, align), ::operator delete[](block, align, std::nothrow));
    CHECK_PAIR(aligned, ::operator new[](size, align, std::nothrow), ::operator delete[](block, align));
}

int main()
{
    test_plain_forms();
    test_aligned_forms();
    std::printf("%d checks, %d failed\n", checks, failures);
    return failures == 0 ? 0 : 1;
}
