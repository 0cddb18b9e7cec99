/* Statuses: what a failure leaves in the thread, thread by thread. */
#include "nt/status.h"

#include "check.h"
#include "thread.h"

#include <winerror.h>

static void outcomes(void)
{
    static const struct {
        enum outcome outcome;
        NTSTATUS status;
        ULONG error;
    } table[] = {
        {OUTCOME_OK, STATUS_SUCCESS, ERROR_SUCCESS},
        {OUTCOME_NO_MEMORY, STATUS_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY},
        {OUTCOME_CANNOT_RESIZE, STATUS_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY},
        {OUTCOME_NOT_A_HEAP, STATUS_INVALID_HANDLE, ERROR_INVALID_HANDLE},
        {OUTCOME_OUTSIDE, STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER},
        {OUTCOME_FOREIGN, STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER},
        {OUTCOME_NOT_A_BLOCK, STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER},
        {OUTCOME_ALREADY_FREE, STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER},
        {OUTCOME_BLOCK_DAMAGED, STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        CHECK_EQ_INT(status_from_outcome(table[i].outcome), table[i].status);
        status_set(status_from_outcome(table[i].outcome));
        CHECK_EQ_UINT(RtlGetLastWin32Error(), table[i].error);
        CHECK_EQ_INT(RtlGetLastNtStatus(), table[i].status);
    }
    CHECK(!NT_SUCCESS(status_from_outcome(OUTCOME_FREE_LIST_DAMAGED)));
}

static void failed_allocation(void)
{
    RtlSetLastWin32Error(0xDEADBEEF);
    CHECK(status_allocation_failed(0, STATUS_NO_MEMORY) == NULL);
    CHECK_EQ_UINT(RtlGetLastWin32Error(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ_INT(RtlGetLastNtStatus(), STATUS_NO_MEMORY);
}

static void fresh_thread(void *arg)
{
    (void)arg;
    CHECK_EQ_UINT(RtlGetLastWin32Error(), 0);
    CHECK_EQ_INT(RtlGetLastNtStatus(), 0);
    status_set(STATUS_INVALID_HANDLE);
}

static void threads_are_apart(void)
{
    struct thread thread;
    RtlSetLastWin32Error(1234);
    thread_start(&thread, fresh_thread, NULL);
    thread_join(&thread);
    CHECK_EQ_UINT(RtlGetLastWin32Error(), 1234);
}

int main(void)
{
    outcomes();
    failed_allocation();
    threads_are_apart();
    return check_report();
}
