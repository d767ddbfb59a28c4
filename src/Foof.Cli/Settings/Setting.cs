using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using Foof.Cli.Commands;

namespace Foof.Cli.Settings;

/// <summary>One thing that can be set on the command line.</summary>
/// <param name="Name">The option: <c>--batch-size</c>.</param>
/// <param name="Form">The form of its value; null if it is a flag without a value.</param>
/// <param name="Help">The option's description.</param>
internal abstract record Setting(string Name, Form<object>? Form, string Help)
{
    /// <summary>The option for the parser.</summary>
    internal Option ToOption()
    {
        if (Form is not { } form)
            return new Option<bool>(Name) { Description = Help };
        var option = new Option<object?>(Name)
        {
            Description = Help + form.Suffix,
            HelpName = form.ValueName,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => Parsed(form, result),
        };
        if (form.IsList)
            option.CompletionSources.Add(context => Completions.Next(context, form.Words));
        else if (form.Words.Count > 0)
            option.CompletionSources.Add([.. form.Words]);
        return option;
    }

    private object? Parsed(Form<object> form, ArgumentResult result)
    {
        try
        {
            return form.Read(Name, result.Tokens[0].Value);
        }
        catch (CommandFailure failure)
        {
            result.AddError(failure.Message);
            return null;
        }
    }
}

/// <summary>
/// A row in the table of settings of <typeparamref name="R"/>. It belongs to a property, which also names the option: the row of
/// <c>BatchSize</c> is <c>--batch-size</c>.
/// </summary>
internal sealed record Setting<R> : Setting
{
    private readonly PropertyInfo property;
    private readonly Default<R, object>? byDefault;
    private Func<R, object?>? otherwise;
    private bool isFoundLater;
    private string absent = "none";

    private Setting(PropertyInfo property, Form<object>? form, string help, Default<R, object>? byDefault)
        : base($"--{JsonNamingPolicy.KebabCaseLower.ConvertName(property.Name)}", form, help) =>
        (this.property, this.byDefault) = (property, byDefault);

    /// <summary>The heading in reports; null if reports do not show it.</summary>
    internal string? Column { get; private init; }

    /// <summary>Whether a resumed run may change the value.</summary>
    internal bool MayChange { get; private init; }

    /// <summary>Whether it has an effect beside the other settings.</summary>
    internal Func<R, bool> Applies { get; private init; } = _ => true;

    /// <summary>The message if it contradicts other settings; otherwise null.</summary>
    internal Func<R, string?> Contradiction { get; private init; } = _ => null;

    /// <summary>A setting that always has a value.</summary>
    internal static Setting<R> Of<T>(
        Expression<Func<R, T>> property,
        Form<T> form,
        string help,
        Default<R, T> byDefault
    ) =>
        new(
            Member(property),
            form.Boxed(),
            WithDefault(help, byDefault.Text ?? form.Show(byDefault.Of(default!))),
            new(settings => byDefault.Of(settings)!, byDefault.Text, byDefault.IsConstant)
        );

    /// <summary>A number or a kind that may be null. Help says what that means.</summary>
    internal static Setting<R> Optional<T>(
        Expression<Func<R, T?>> property,
        Form<T> form,
        string help,
        string? otherwise = null
    )
        where T : struct => new(Member(property), form.Boxed(), WithDefault(help, otherwise), null);

    /// <summary>A text that may be null. Help says what that means.</summary>
    internal static Setting<R> Optional<T>(
        Expression<Func<R, T?>> property,
        Form<T> form,
        string help,
        string? otherwise = null
    )
        where T : class => new(Member(property), form.Boxed(), WithDefault(help, otherwise), null);

    /// <summary>A setting that is true if its option is given.</summary>
    internal static Setting<R> Flag(Expression<Func<R, bool>> property, string help) =>
        new(Member(property), null, help, null);

    /// <summary>Shows it in reports, under a heading.</summary>
    internal Setting<R> InReports(string column) => this with { Column = column };

    /// <summary>Lets a resumed run change the value, since it does not decide the numbers.</summary>
    internal Setting<R> Changeable() => this with { MayChange = true };

    /// <summary>Limits its effect to some settings.</summary>
    internal Setting<R> Where(Func<R, bool> applies) => this with { Applies = applies };

    /// <summary>Refuses it beside some settings.</summary>
    /// <param name="sentence">The message; null if there is no contradiction.</param>
    internal Setting<R> Unless(Func<R, string?> sentence)
    {
        var before = Contradiction;
        return this with { Contradiction = settings => before(settings) ?? sentence(settings) };
    }

    /// <summary>What a new record has if the option is not given; null if that is nothing.</summary>
    internal Setting<R> Otherwise(Func<R, object?> value) => this with { otherwise = value };

    /// <summary>The words for null in messages.</summary>
    internal Setting<R> OrElse(string words) => this with { absent = words };

    /// <summary>Accepts any name in a file, since the later search for the name has a better message.</summary>
    internal Setting<R> FoundLater() => this with { isFoundLater = true };

    /// <summary>The value of a record.</summary>
    internal object? Get(R settings) => property.GetValue(settings);

    /// <summary>Sets the value of a new record.</summary>
    internal void Set(R settings, object? value) => property.SetValue(settings, value);

    /// <summary>Sets the default of a new record, or only a default that depends on no other setting.</summary>
    internal void SetDefault(R settings, bool constantsOnly = false)
    {
        if (byDefault is { } one && (one.IsConstant || !constantsOnly))
            Set(settings, one.Of(settings));
        else if (otherwise is not null && !constantsOnly)
            Set(settings, otherwise(settings));
    }

    /// <summary>Whether the value of a record that was read from a file is possible.</summary>
    internal bool IsPossible(R settings) =>
        isFoundLater
        || (
            Get(settings) is { } value
                ? Form is null
                    || Form.IsPossible(value)
                    || (byDefault is { IsConstant: true } one && Equals(value, one.Of(settings)))
                : byDefault is null
        );

    /// <summary>A value as an option; empty if that is the option's absence.</summary>
    internal IEnumerable<string> Given(object? value) =>
        Form is null ? (value is true ? [Name] : [])
        : value is null || !Form.IsPossible(value) ? []
        : [Name, Form.Show(value)];

    /// <summary>The default if it depends on no other setting, or else null.</summary>
    internal object? Constant => byDefault is { IsConstant: true } one ? one.Of(default!) : null;

    /// <summary>Writes a value for messages.</summary>
    internal string Show(object? value) => value is null ? absent : Form?.Show(value) ?? $"{value}";

    private static PropertyInfo Member(LambdaExpression property) =>
        (PropertyInfo)((MemberExpression)property.Body).Member;

    private static string WithDefault(string help, string? text) => text is null ? help : $"{help} [default: {text}]";
}
