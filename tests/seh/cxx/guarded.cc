// Guarded blocks in C++: the same words and answers as in C, next to the C++ library before and after, and C++ exceptions.
// global-local-toolhelp-seh.md 9.2 to 9.5
#include <string>
#include <vector>

#include <windows.h>

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "inline_guard.h"

#include <cstdio>
#include <cstring>

static int failures;
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::printf("%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition);                                  \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

static std::string trace;

static LONG noted(char step, LONG answer)
{
    trace += step;
    return answer;
}

static void raise_code(DWORD code)
{
    RaiseException(code, 0, 0, nullptr);
}

static void documented_order()
{
    trace.clear();
    __try {
        __try {
            raise_code(1);
        } __finally {
            trace += AbnormalTermination() ? '2' : 'x';
        }
    } __except (noted('1', EXCEPTION_EXECUTE_HANDLER)) {
        trace += '3';
    }
    CHECK(trace == "123");
}

static int left_by_return(int value)
{
    __try {
        if (value > 0)
            return value * 2;
        __leave;
    } __finally {
        trace += AbnormalTermination() ? 'a' : 'n';
    }
    return -1;
}

// The jump that left the body goes on to where it was going, whatever objects end in the block.
struct counted {
    explicit counted(volatile int &value) : ends(value)
    {
    }
    ~counted()
    {
        ends = ends + 1;
    }
    volatile int &ends;
};

static int leave_for(char where, volatile int &ends)
{
    for (int round = 0; round < 2; round++) {
        counted outer(ends);
        __try {
            if (where == 'r')
                return 7;
            if (where == 'b')
                break;
            if (where == 'c')
                continue;
        } __finally {
            for (int i = 0; i < 3; i++) {
                counted inner(ends);
                if (i == 1)
                    break;
            }
            for (std::string text = "a"; text.size() < 3; text += 'b')
                ends = ends + 10;
        }
        ends = ends + 100;
    }
    return ends;
}

static void where_jumps_go()
{
    static const struct {
        char where;
        int result;
        int ends;
    } table[] = {{'e', 246, 246}, {'r', 7, 23}, {'b', 23, 23}, {'c', 46, 46}};
    for (const auto &row : table) {
        volatile int ends = 0;
        CHECK(leave_for(row.where, ends) == row.result);
        CHECK(ends == row.ends);
    }
}

static void codes()
{
    __try {
        raise_code(0xE0000001);
    } __except (GetExceptionInformation()->ExceptionRecord->ExceptionCode == GetExceptionCode()) {
        __try {
            raise_code(0xE0000002);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            CHECK(GetExceptionCode() == 0xE0000002);
        }
        CHECK(GetExceptionCode() == 0xE0000001);
    }
}

// In the bodies and blocks of statements within a handler: the handler's.
static void codes_within_handlers()
{
    __try {
        raise_code(0xE0000001);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        __try {
            CHECK(GetExceptionCode() == 0xE0000001);
            __try {
                raise_code(0xE0000002);
            } __finally {
                CHECK(GetExceptionCode() == 0xE0000001);
            }
        } __except (GetExceptionCode() == 0xE0000002) {
            CHECK(GetExceptionCode() == 0xE0000002);
        }
        CHECK(GetExceptionCode() == 0xE0000001);
    }
}

static void loops()
{
    volatile int rounds = 0;
    for (;;) {
        __try {
            rounds += 1;
            *static_cast<volatile int *>(nullptr) = 1;
        } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
            if (rounds < 4)
                continue;
            break;
        }
    }
    CHECK(rounds == 4);
}

struct noisy {
    ~noisy()
    {
        trace += 'd';
    }
};

// C++ exceptions pass through guarded bodies: __finally blocks are run, filters are not asked.
static void throw_through()
{
    __try {
        __try {
            throw std::runtime_error("c++");
        } __finally {
            trace += AbnormalTermination() ? 'a' : 'n';
        }
    } __except (noted('f', EXCEPTION_EXECUTE_HANDLER)) {
        trace += 'h';
    }
}

static void cxx_exceptions()
{
    trace.clear();
    try {
        noisy object;
        throw_through();
    } catch (const std::runtime_error &error) {
        trace += 'c';
        CHECK(std::strcmp(error.what(), "c++") == 0);
    }
    CHECK(trace == "adc");
    // and within a guarded body they are as anywhere
    trace.clear();
    __try {
        try {
            throw 5;
        } catch (int number) {
            trace += static_cast<char>('0' + number);
        }
        raise_code(1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        trace += 'h';
    }
    CHECK(trace == "5h");
}

int main()
{
    documented_order();
    trace.clear();
    CHECK(left_by_return(4) == 8);
    CHECK(left_by_return(0) == -1);
    CHECK(trace == "an");
    where_jumps_go();
    codes();
    codes_within_handlers();
    loops();
    cxx_exceptions();
    CHECK(guarded_in_header(0xE0000003) == 1);
    std::vector<int> numbers{1, 2, 3};
    std::deque<std::string> strings{"a", "b"};
    std::map<int, std::shared_ptr<int>> shared{{1, std::make_shared<int>(5)}};
    std::stringstream stream;
    stream << numbers.size() << strings.size() << *shared[1];
    CHECK(stream.str() == "325");
    std::printf("%d failed\n", failures);
    return failures == 0 ? 0 : 1;
}
