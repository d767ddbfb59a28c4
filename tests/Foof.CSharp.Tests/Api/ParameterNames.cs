using System.Reflection;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Api;

/// <summary>
/// Calls every public method of an assembly with one argument that is impossible: null, a tensor of one number, a number below
/// zero or none, an unnamed kind. The exception must name that parameter, as the method's users know it; for a tensor whose
/// shape does not fit another's, it may be the other.
/// </summary>
/// <param name="assembly">The assembly.</param>
/// <param name="sample">A possible argument.</param>
/// <param name="instance">An object of a type.</param>
internal sealed class ParameterNames(
    Assembly assembly,
    Func<ParameterInfo, object?> sample,
    Func<Type, object> instance
)
{
    private static readonly NullabilityInfoContext Nulls = new();

    /// <summary>What can be wrong, such as "FoofOptimizer.new(model, ...): damping".</summary>
    internal IEnumerable<string> Mistakes => All().Select(Name);

    /// <summary>Raises unless a mistake is named by its parameter.</summary>
    internal async Task IsNamed(string mistake)
    {
        var (member, parameter, bad) = All().Single(one => Name(one) == mistake);
        var arguments = member
            .GetParameters()
            .Select(own => own.Position == parameter.Position ? bad : sample(own))
            .ToArray();
        var error = await Xunit.Record.ExceptionAsync(() => Call(member, arguments));
        // Methods without statistics from one pass take no batch, and some methods look at no labels.
        if (bad is Tensor && member.Name == "UpdateCurvature" && error is null or InvalidOperationException)
            return;
        var named = Assert.IsAssignableFrom<ArgumentException>(error);
        if (bad is Tensor)
            Assert.Contains(named.ParamName, member.GetParameters().Select(own => own.Name));
        else
            Assert.Equal(parameter.Name, named.ParamName);
        if (bad is not Tensor && named is not ArgumentNullException)
            Assert.Contains(parameter.Name!, named.Message, StringComparison.OrdinalIgnoreCase);
    }

    private IEnumerable<(MethodBase Member, ParameterInfo Parameter, object? Bad)> All() =>
        from type in PublicApi.Types(assembly)
        // A record's positions hold whatever is put there.
        where
            type.GetMethod("<Clone>$") is null && !type.IsAbstract | type.IsSealed && !type.IsEnum && !type.IsValueType
        from member in Members(type)
        from parameter in member.GetParameters()
        from bad in Impossible(parameter)
        select (member, parameter, bad == DBNull.Value ? null : bad);

    private IEnumerable<MethodBase> Members(Type type) =>
        type.GetConstructors()
            .Concat<MethodBase>(
                type.GetMethods().Where(method => method.DeclaringType!.Assembly == assembly && !method.IsSpecialName)
            );

    // DBNull stands for null.
    private static IEnumerable<object> Impossible(ParameterInfo parameter)
    {
        // A number alone is a score or a label too, and what forward takes is the model's own affair.
        if (
            parameter.ParameterType == typeof(Tensor)
            && parameter.Member.Name is not ("Auroc" or "Labels" or "forward")
        )
            yield return torch.tensor(1.0f);
        if (OfType(parameter) is { } bad)
            yield return bad;
    }

    // Null: every value is possible.
    private static object? OfType(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return type == typeof(double) ? double.NaN
            : type.IsEnum ? Enum.ToObject(type, 99)
            : type == typeof(int) || type == typeof(long)
                ? parameter.Name == "seed" ? null
                    : Convert.ChangeType(-1, type)
            : type.IsValueType || Nulls.Create(parameter).WriteState == NullabilityState.Nullable ? null
            : DBNull.Value;
    }

    private async Task Call(MethodBase member, object?[] arguments)
    {
        using var scope = torch.NewDisposeScope();
        try
        {
            var result = member is ConstructorInfo made
                ? made.Invoke(arguments)
                : member.Invoke(member.IsStatic ? null : instance(member.ReflectedType!), arguments);
            if (result is Task task)
                await task;
            else if (result is IEnumerable<object> lazily)
                foreach (var _ in lazily) { }
            else if (result is IAsyncEnumerable<object> later)
                await foreach (var _ in later) { }
        }
        catch (TargetInvocationException error)
        {
            throw error.InnerException!;
        }
    }

    private static string Name((MethodBase Member, ParameterInfo Parameter, object? Bad) one)
    {
        var own = string.Join(", ", one.Member.GetParameters().Take(3).Select(parameter => parameter.Name));
        var name = one.Member.IsConstructor ? "new" : one.Member.Name;
        return $"{one.Member.ReflectedType!.Name}.{name}({own}): {one.Parameter.Name}"
            + (one.Bad is Tensor ? ", a number" : "");
    }
}
