using System.Reflection;
using Xunit.Sdk;

namespace Foof.CSharp.Tests;

/// <summary>
/// Ends the models that a test leaves to the garbage collector, so that no other test counts their tensors.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SettledAttribute : BeforeAfterTestAttribute
{
    public override void After(MethodInfo methodUnderTest)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
