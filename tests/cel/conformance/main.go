// Converts the conformance tests of CEL (Go module cel.dev/expr, tests/simple/testdata) into one JSON
// file that tests/cel reads, with what Berth's CEL leaves out listed by name and reason.
//
// usage: go run . > ../conformance.json
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"cel.dev/expr"
	_ "cel.dev/expr/conformance/proto2"
	_ "cel.dev/expr/conformance/proto3"
	"cel.dev/expr/conformance/test"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const module = "cel.dev/expr"

// Files about what selectors of devices have no use for.
var leftOut = map[string]string{
	"block_ext":    "cel.block is of the optimizer of cel-go",
	"dynamic":      "messages",
	"encoders_ext": "the encoders extension is not in Kubernetes' environment",
	"enums":        "messages",
	"math_ext":     "the math extension is not in Kubernetes' environment",
	"network_ext":  "IP addresses are not built",
	"proto2":       "messages",
	"proto2_ext":   "messages",
	"proto3":       "messages",
	"unknowns":     "unknown values are not built",
	"wrappers":     "messages",
}

type skipped struct {
	Test   string `json:"test"`
	Reason string `json:"reason"`
}

type testCase struct {
	Name         string         `json:"name"`
	Expr         string         `json:"expr"`
	DisableCheck bool           `json:"disableCheck,omitempty"`
	CheckOnly    bool           `json:"checkOnly,omitempty"`
	Variables    map[string]any `json:"variables,omitempty"`
	Bindings     map[string]any `json:"bindings,omitempty"`
	Value        any            `json:"value,omitempty"`
	Type         string         `json:"type,omitempty"`
	Error        bool           `json:"error,omitempty"`
}

type output struct {
	Source  string     `json:"source"`
	License string     `json:"license"`
	Tests   []testCase `json:"tests"`
	Skipped []skipped  `json:"skipped"`
}

func main() {
	dir, version := find()
	out := output{Source: module + "@" + version + " tests/simple/testdata", License: "Apache-2.0, The CEL Authors; converted by tests/cel/conformance"}
	files, err := filepath.Glob(filepath.Join(dir, "tests/simple/testdata/*.textproto"))
	must(err)
	for _, file := range files {
		convertFile(file, &out)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	must(encoder.Encode(out))
	fmt.Fprintf(os.Stderr, "%d tests, %d left out\n", len(out.Tests), len(out.Skipped))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// find returns the folder and the version of the module.
func find() (string, string) {
	data, err := exec.Command("go", "list", "-m", "-json", module).Output()
	must(err)
	var info struct{ Dir, Version string }
	must(json.Unmarshal(data, &info))
	return info.Dir, info.Version
}

func convertFile(file string, out *output) {
	name := strings.TrimSuffix(filepath.Base(file), ".textproto")
	data, err := os.ReadFile(file)
	must(err)
	if reason, ok := leftOut[name]; ok {
		out.Skipped = append(out.Skipped, skipped{name, reason})
		return
	}
	var tests test.SimpleTestFile
	must(prototext.Unmarshal(data, &tests))
	for _, section := range tests.Section {
		for _, one := range section.Test {
			full := name + "/" + section.Name + "/" + one.Name
			if converted, reason := convert(full, one); reason != "" {
				out.Skipped = append(out.Skipped, skipped{full, reason})
			} else {
				out.Tests = append(out.Tests, converted)
			}
		}
	}
}

func convert(name string, one *test.SimpleTest) (result testCase, reason string) {
	defer func() {
		if p := recover(); p != nil {
			reason = fmt.Sprint(p)
		}
	}()
	for _, word := range []string{"TestAllTypes", "google.protobuf.Int", "google.protobuf.Any", "google.protobuf.Bool", "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.List", "google.protobuf.Double", "google.protobuf.Float", "google.protobuf.String", "google.protobuf.UInt", "google.protobuf.Bytes", "NestedTestAllTypes", "GlobalEnum", "TestRequired", "Timestamp{", "Duration{"} {
		if strings.Contains(one.Expr, word) {
			panic("messages")
		}
	}
	if one.Container != "" {
		panic("containers of names")
	}
	if one.DisableMacros {
		panic("macros cannot be turned off")
	}
	result = testCase{Name: name, Expr: one.Expr, DisableCheck: one.DisableCheck, CheckOnly: one.CheckOnly}
	for _, decl := range one.TypeEnv {
		if decl.GetIdent() == nil {
			panic("functions of the test's own")
		}
		if result.Variables == nil {
			result.Variables = map[string]any{}
		}
		result.Variables[decl.Name] = typeText(decl.GetIdent().Type)
	}
	for key, value := range one.Bindings {
		if result.Bindings == nil {
			result.Bindings = map[string]any{}
		}
		result.Bindings[key] = convertValue(value.GetValue())
	}
	switch m := one.ResultMatcher.(type) {
	case *test.SimpleTest_Value:
		result.Value = convertValue(m.Value)
	case *test.SimpleTest_TypedResult:
		result.Type = typeText(m.TypedResult.DeducedType)
		if m.TypedResult.Result != nil {
			result.Value = convertValue(m.TypedResult.Result)
		}
	case *test.SimpleTest_EvalError, *test.SimpleTest_AnyEvalErrors:
		result.Error = true
	case nil:
		result.Value = map[string]any{"bool": true}
	default:
		panic("unknown values are not built")
	}
	return result, ""
}

// convertValue keeps the type beside the value: {"int": "1"}.
func convertValue(value *expr.Value) any {
	tag := func(kind string, v any) any { return map[string]any{kind: v} }
	switch v := value.Kind.(type) {
	case *expr.Value_NullValue:
		return tag("null", true)
	case *expr.Value_BoolValue:
		return tag("bool", v.BoolValue)
	case *expr.Value_Int64Value:
		return tag("int", strconv.FormatInt(v.Int64Value, 10))
	case *expr.Value_Uint64Value:
		return tag("uint", strconv.FormatUint(v.Uint64Value, 10))
	case *expr.Value_DoubleValue:
		return tag("double", strconv.FormatUint(math.Float64bits(v.DoubleValue), 16))
	case *expr.Value_StringValue:
		return tag("string", v.StringValue)
	case *expr.Value_BytesValue:
		return tag("bytes", base64.StdEncoding.EncodeToString(v.BytesValue))
	case *expr.Value_TypeValue:
		return tag("type", v.TypeValue)
	case *expr.Value_ListValue:
		list := []any{}
		for _, element := range v.ListValue.Values {
			list = append(list, convertValue(element))
		}
		return tag("list", list)
	case *expr.Value_MapValue:
		entries := []any{}
		for _, entry := range v.MapValue.Entries {
			entries = append(entries, []any{convertValue(entry.Key), convertValue(entry.Value)})
		}
		return tag("map", entries)
	case *expr.Value_ObjectValue:
		var t timestamppb.Timestamp
		if v.ObjectValue.MessageIs(&t) {
			must(v.ObjectValue.UnmarshalTo(&t))
			return tag("timestamp", []int64{t.Seconds, int64(t.Nanos)})
		}
		var d durationpb.Duration
		if v.ObjectValue.MessageIs(&d) {
			must(v.ObjectValue.UnmarshalTo(&d))
			return tag("duration", strconv.FormatInt(d.AsDuration().Nanoseconds(), 10))
		}
	}
	panic("messages")
}

// typeText is in the notation of our function tables.
func typeText(t *expr.Type) string {
	switch k := t.TypeKind.(type) {
	case *expr.Type_Dyn:
		return "dyn"
	case *expr.Type_Null:
		return "null"
	case *expr.Type_Primitive:
		return map[expr.Type_PrimitiveType]string{expr.Type_BOOL: "bool", expr.Type_INT64: "int", expr.Type_UINT64: "uint", expr.Type_DOUBLE: "double", expr.Type_STRING: "string", expr.Type_BYTES: "bytes"}[k.Primitive]
	case *expr.Type_WellKnown:
		switch k.WellKnown {
		case expr.Type_TIMESTAMP:
			return "timestamp"
		case expr.Type_DURATION:
			return "duration"
		}
	case *expr.Type_ListType_:
		return "list(" + typeText(k.ListType.ElemType) + ")"
	case *expr.Type_MapType_:
		return "map(" + typeText(k.MapType.KeyType) + ", " + typeText(k.MapType.ValueType) + ")"
	case *expr.Type_Type:
		if k.Type == nil || k.Type.TypeKind == nil {
			return "type"
		}
		return "type(" + typeText(k.Type) + ")"
	case *expr.Type_AbstractType_:
		if k.AbstractType.Name == "optional_type" {
			return "optional(" + typeText(k.AbstractType.ParameterTypes[0]) + ")"
		}
	}
	panic("messages")
}
