using System.Runtime.ExceptionServices;

namespace Foof.Laplace.Tests;

/// <summary>Runs work on a thread without a dispose scope, where nothing frees what the work leaves.</summary>
internal static class Unscoped
{
    internal static void Run(Action work)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}
