/* RaiseException, vectored handlers and the filter for what nobody handles, without guarded blocks, so that Windows' C
 * compilers of all kinds can build it. */
#include "nt.h"

static char trace[64];
static EXCEPTION_RECORD seen;
static DWORD ours;

static void note(char step)
{
    size_t length = strlen(trace);
    if (length + 1 < sizeof trace) {
        trace[length] = step;
        trace[length + 1] = '\0';
    }
}

/* Continues the exceptions of this test; others, such as the system's own, are not looked at. */
static LONG CALLBACK keep_and_continue(PEXCEPTION_POINTERS pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != ours) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    seen = *pointers->ExceptionRecord;
    CHECK(pointers->ContextRecord != NULL);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static const EXCEPTION_RECORD *raise_and_continue(DWORD code, DWORD arguments, const ULONG_PTR *values)
{
    memset(&seen, 0x55, sizeof seen);
    ours = on_wine() ? code : code & ~(1u << 28);
    RaiseException(code, 0, arguments, values);
    return &seen;
}

static void given_record(void)
{
    SPEC("G9.4.7");
    EXCEPTION_RECORD given = {0};
    given.ExceptionCode = ours = 0xE0000005;
    given.NumberParameters = 1;
    given.ExceptionInformation[0] = 77;
    RtlRaiseException(&given);
    CHECK_EQ_UINT(seen.ExceptionCode, 0xE0000005);
    CHECK_EQ_UINT(seen.NumberParameters, 1);
    CHECK_EQ_UINT(seen.ExceptionInformation[0], 77);
    CHECK(seen.ExceptionAddress != NULL);
}

static void debug_print(void)
{
    SPEC("G10.10");
    ULONG_PTR text[2] = {5, (ULONG_PTR) "text"};
    CHECK_EQ_UINT(raise_and_continue(DBG_PRINTEXCEPTION_C, 2, text)->ExceptionCode, DBG_PRINTEXCEPTION_C);
}

/* all but the one that would forbid to go on; newer systems add 0x80, "raised by software" */
static void flags(void)
{
    SPEC("G9.4.3");
    ours = 0xE0000006;
    RaiseException(ours, ~(DWORD)EXCEPTION_NONCONTINUABLE, 0, NULL);
    CHECK_EQ_UINT(seen.ExceptionCode, ours);
    CHECK_EQ_UINT(seen.ExceptionFlags & ~0x80u, 0);
}

static void prototype(void)
{
    SPEC("G9.4.1");
    CHECK(_Generic(RaiseException, void(WINAPI *)(DWORD, DWORD, DWORD, const ULONG_PTR *) : true, default : false));
}

/* what of the arguments gets into the record */
static void records(void)
{
    SPEC("G9.4.4 G9.4.5 G9.4.6 G9.5.3");
    ULONG_PTR values[20];
    for (int i = 0; i < 20; i++) {
        values[i] = (ULONG_PTR)(100 + i);
    }
    PVOID handler = AddVectoredExceptionHandler(1, keep_and_continue);
    CHECK(handler != NULL);

    const EXCEPTION_RECORD *record = raise_and_continue(0xE0001234, 0, NULL);
    CHECK_EQ_UINT(record->ExceptionCode, 0xE0001234);
    CHECK_EQ_UINT(record->ExceptionFlags & EXCEPTION_NONCONTINUABLE, 0);
    CHECK_EQ_UINT(record->NumberParameters, 0);
    CHECK(record->ExceptionRecord == NULL);
    CHECK(record->ExceptionAddress != NULL);

    record = raise_and_continue(0xF0000001, 0, NULL);
    WINE_DIFFERS("RaiseException leaves bit 28 of the code") {
        SPEC("G9.4.2");
        CHECK_EQ_UINT(record->ExceptionCode, 0xE0000001);
    }

    /* arguments; NULL means none; more than 15 are 15 */
    record = raise_and_continue(0xE0000002, 3, values);
    CHECK_EQ_UINT(record->NumberParameters, 3);
    CHECK_EQ_UINT(record->ExceptionInformation[0], 100);
    CHECK_EQ_UINT(record->ExceptionInformation[2], 102);
    CHECK_EQ_UINT(raise_and_continue(0xE0000003, 3, NULL)->NumberParameters, 0);
    record = raise_and_continue(0xE0000004, 20, values);
    CHECK_EQ_UINT(record->NumberParameters, EXCEPTION_MAXIMUM_PARAMETERS);
    CHECK_EQ_UINT(record->ExceptionInformation[14], 114);

    given_record();
    debug_print();
    flags();
    CHECK(RemoveVectoredExceptionHandler(handler) != 0);
}

static LONG CALLBACK first(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    note('1');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK second(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    note('2');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK third(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    note('3');
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG CALLBACK never(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    note('x');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK continuing(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    note('c');
    return EXCEPTION_CONTINUE_SEARCH;
}

/* whoever continues ends it; then continue handlers */
static void order(void)
{
    SPEC("G10.1 G10.2 G10.11");
    PVOID two = AddVectoredExceptionHandler(1, second);
    PVOID three = AddVectoredExceptionHandler(0, third);
    PVOID one = AddVectoredExceptionHandler(1, first);
    PVOID last = AddVectoredExceptionHandler(0, never);
    PVOID after = AddVectoredContinueHandler(0, continuing);
    CHECK(one != NULL && two != NULL && three != NULL && last != NULL && after != NULL);
    trace[0] = '\0';
    RaiseException(0xE0000010, 0, 0, NULL);
    WINE_DIFFERS("continue handlers are not called") {
        SPEC("G9.1.7 G10.7");
        CHECK_EQ_STR(trace, "123c");
    }
    CHECK(strncmp(trace, "123", 3) == 0);

    SPEC("G10.6");
    CHECK_EQ_UINT(RemoveVectoredExceptionHandler(after), 0);
    CHECK_EQ_UINT(RemoveVectoredContinueHandler(one), 0);
    CHECK(RemoveVectoredContinueHandler(after) != 0);
    CHECK_EQ_UINT(RemoveVectoredContinueHandler(after), 0);
    CHECK(RemoveVectoredExceptionHandler(one) != 0);
    CHECK_EQ_UINT(RemoveVectoredExceptionHandler(one), 0);
    trace[0] = '\0';
    RaiseException(0xE0000010, 0, 0, NULL);
    CHECK_EQ_STR(trace, "23");

    SPEC("G10.4");
    PVOID again = AddVectoredExceptionHandler(1, second);
    CHECK(again != NULL && again != two);
    trace[0] = '\0';
    RaiseException(0xE0000010, 0, 0, NULL);
    CHECK_EQ_STR(trace, "223");
    CHECK(RemoveVectoredExceptionHandler(again) != 0);
    CHECK(RemoveVectoredExceptionHandler(two) != 0);
    CHECK(RemoveVectoredExceptionHandler(three) != 0);
    CHECK(RemoveVectoredExceptionHandler(last) != 0);
}

static DWORD64 marked;

static LONG CALLBACK mark(PEXCEPTION_POINTERS pointers)
{
    marked = pointers->ContextRecord->Rbx;
    pointers->ContextRecord->Rbx = 0x123456789ABCDEF0u;
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK look_for_mark(PEXCEPTION_POINTERS pointers)
{
    CHECK_EQ_UINT(pointers->ContextRecord->Rbx, 0x123456789ABCDEF0u);
    pointers->ContextRecord->Rbx = marked;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void context_is_passed_on(void)
{
    SPEC("G10.5");
    PVOID one = AddVectoredExceptionHandler(1, mark);
    PVOID two = AddVectoredExceptionHandler(0, look_for_mark);
    RaiseException(0xE0000011, 0, 0, NULL);
    CHECK(RemoveVectoredExceptionHandler(one) != 0);
    CHECK(RemoveVectoredExceptionHandler(two) != 0);
}

static LONG WINAPI top_level(PEXCEPTION_POINTERS pointers)
{
    note('t');
    return pointers->ExceptionRecord->ExceptionCode == 0xE0000012 ? EXCEPTION_CONTINUE_EXECUTION
                                                                  : EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK continuing_for_all(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    note('d');
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* the same rules as for exception handlers; they are asked only when an exception is continued */
static void continue_handlers(void)
{
    SPEC("G10.7");
    PVOID three = AddVectoredExceptionHandler(1, third);
    PVOID late = AddVectoredContinueHandler(0, continuing);
    PVOID early = AddVectoredContinueHandler(1, continuing);
    CHECK(early != NULL && late != NULL && early != late);
    trace[0] = '\0';
    RaiseException(0xE0000010, 0, 0, NULL);
    WINE_DIFFERS("continue handlers are not called") {
        CHECK_EQ_STR(trace, "3cc");
    }
    PVOID first_of_all = AddVectoredContinueHandler(1, continuing_for_all);
    trace[0] = '\0';
    RaiseException(0xE0000010, 0, 0, NULL);
    WINE_DIFFERS("continue handlers are not called") {
        CHECK_EQ_STR(trace, "3d");
    }
    CHECK(RemoveVectoredContinueHandler(first_of_all) != 0);
    CHECK(RemoveVectoredContinueHandler(early) != 0);
    CHECK(RemoveVectoredContinueHandler(late) != 0);
    CHECK_EQ_UINT(RemoveVectoredContinueHandler(late), 0);
    trace[0] = '\0';
    RaiseException(0xE0000010, 0, 0, NULL);
    CHECK_EQ_STR(trace, "3");
    CHECK(RemoveVectoredExceptionHandler(three) != 0);
}

static void top_level_filter(void)
{
    SPEC("G10.8");
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(top_level);
    trace[0] = '\0';
    RaiseException(0xE0000012, 0, 0, NULL);
    CHECK_EQ_STR(trace, "t");
    CHECK(SetUnhandledExceptionFilter(before) == top_level);
}

int main(void)
{
    nt_load();
    prototype();
    records();
    order();
    context_is_passed_on();
    continue_handlers();
    top_level_filter();
    return check_report();
}
